"""The bytes behind the chain: the same facts are always the same bytes, different facts never are."""

import struct
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.audit import chain

AN_ENTRY = chain.Entry(
    id=UUID("018c8d3e-1f15-7000-8000-000000000001"),
    recorded_us=chain.microseconds(datetime(2023, 12, 21, 3, 44, 16, 789_000, tzinfo=UTC)),
    actor_kind="API_KEY",
    actor_id="key_1",
    action="payments.payment.captured",
    subject="pay_1703123456789_k2n8m9p1q",
    result="SUCCESS",
    correlation_id="req_1",
    origin="",
    details='{"amount_minor":50000}',
    key_id="audit-1",
)
A_LINK = chain.Link(
    seq=1,
    entry_id=AN_ENTRY.id,
    entry_mac=bytes(range(32)),
    sealed_us=chain.microseconds(datetime(2023, 12, 21, 3, 44, 17, tzinfo=UTC)),
    previous_hash=chain.GENESIS,
    key_id="audit-1",
)


def unframe(data: bytes) -> list[bytes]:
    """The reader that proves the frame says everything: fields back from bytes, nothing left over."""
    (count,), fields, at = struct.unpack_from(">I", data), [], 4
    for _ in range(count):
        (length,) = struct.unpack_from(">I", data, at)
        fields.append(data[at + 4 : at + 4 + length])
        assert len(fields[-1]) == length
        at += 4 + length
    assert at == len(data)
    return fields


def test_version_1_has_these_bytes_for_ever() -> None:
    """Written down, so that no refactoring changes what was signed years ago."""
    assert chain.entry_bytes(AN_ENTRY, hash_version=1).hex() == (
        "0000000c"
        "00000016" + b"holdfast.audit.entry.1".hex() + "00000010" + "018c8d3e1f1570008000000000000001"
        "00000008" + "00060cfce9f64e08"
        "00000007" + b"API_KEY".hex() + "00000005" + b"key_1".hex() + "00000019" + b"payments.payment.captured".hex()
        + "0000001b" + b"pay_1703123456789_k2n8m9p1q".hex()
        + "00000007" + b"SUCCESS".hex() + "00000005" + b"req_1".hex()
        + "00000000" + "00000016" + b'{"amount_minor":50000}'.hex() + "00000007" + b"audit-1".hex()
    )  # fmt: skip
    assert [len(field) for field in unframe(chain.link_bytes(A_LINK, hash_version=1))] == [21, 8, 16, 32, 8, 32, 7]


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_a_frame_can_be_read_back(fields: list[bytes]) -> None:
    assert unframe(chain.frame(*fields)) == fields


@given(st.lists(st.binary(max_size=6), max_size=5), st.lists(st.binary(max_size=6), max_size=5))
def test_different_fields_have_different_frames(one: list[bytes], other: list[bytes]) -> None:
    assert (chain.frame(*one) == chain.frame(*other)) == (one == other)


def test_control_a_joined_text_would_confuse_two_records() -> None:
    """Why the lengths are there: joined with a bar, these two records are one."""
    assert b"|".join([b"refund|pay_1", b"x"]) == b"|".join([b"refund", b"pay_1|x"])
    assert chain.frame(b"refund|pay_1", b"x") != chain.frame(b"refund", b"pay_1|x")


@pytest.mark.parametrize(
    "field",
    ["actor_kind", "actor_id", "action", "subject", "result", "correlation_id", "origin", "details", "key_id"],
)
def test_every_field_is_covered(field: str) -> None:
    changed = AN_ENTRY._replace(**{field: "changed"})
    assert chain.entry_bytes(changed, hash_version=1) != chain.entry_bytes(AN_ENTRY, hash_version=1)


def test_one_microsecond_is_seen() -> None:
    later = AN_ENTRY._replace(recorded_us=AN_ENTRY.recorded_us + 1)
    assert chain.entry_bytes(later, hash_version=1) != chain.entry_bytes(AN_ENTRY, hash_version=1)


def test_the_zone_a_time_is_written_in_does_not_matter() -> None:
    moment = datetime(2023, 12, 21, 3, 44, 16, 789_000, tzinfo=UTC)
    elsewhere = moment.astimezone(timezone(timedelta(hours=-5)))
    assert chain.microseconds(elsewhere) == chain.microseconds(moment) == 1_703_130_256_789_000


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=5))
def test_the_order_facts_are_given_in_does_not_matter(details: dict[str, chain.JSON]) -> None:
    backwards = dict(reversed(list(details.items())))
    assert chain.details_text(backwards) == chain.details_text(details)
    assert chain.details_text(details).isascii()


@given(
    st.dictionaries(st.text(max_size=3), json_values, max_size=3),
    st.dictionaries(st.text(max_size=3), json_values, max_size=3),
)
def test_different_details_have_different_text(one: dict[str, chain.JSON], other: dict[str, chain.JSON]) -> None:
    if chain.details_text(one) == chain.details_text(other):
        assert one == other


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), datetime(2024, 1, 1, tzinfo=UTC), b"bytes", {1: "a"}, {"deep": [0.1]}, {"a", "b"}]
)
def test_what_has_several_spellings_is_refused(value: object) -> None:
    with pytest.raises(chain.NotCanonical):
        chain.details_text({"value": value})  # type: ignore[dict-item]


def test_a_version_from_the_future_is_refused() -> None:
    with pytest.raises(chain.UnknownHashVersion):
        chain.entry_bytes(AN_ENTRY, hash_version=2)
