"""Signatures against the independent library, and the arithmetic of the schedule."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from core.webhooks import schedule, signing

SCHEDULE = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]


@given(
    st.binary(min_size=24, max_size=64),
    st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1),
    st.text(),
)
def test_whatever_the_secret_and_the_body_the_library_signs_the_same(secret: bytes, message_id: str, body: str) -> None:
    at = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    encoded = body.encode("utf-8", "ignore")
    ours = signing.signature(secret, message_id=message_id, seconds=int(at.timestamp()), body=encoded)
    assert ours == Webhook(signing.secret_text(secret)).sign(message_id, at, encoded.decode())


def test_a_receiver_that_knows_either_of_two_secrets_accepts_and_one_that_knows_neither_does_not() -> None:
    now = datetime.now(UTC)
    old, new, other = b"o" * 32, b"n" * 32, b"x" * 32
    body = b'{"type":"payment.completed"}'
    headers = signing.headers([new, old], message_id="evt_1", seconds=int(now.timestamp()), body=body)
    for secret in (old, new):
        assert Webhook(signing.secret_text(secret)).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.secret_text(other)).verify(body, headers)
    for changed in ({"webhook-id": "evt_2"}, {"webhook-timestamp": str(int(now.timestamp()) + 1)}):
        with pytest.raises(WebhookVerificationError):
            Webhook(signing.secret_text(new)).verify(body, {**headers, **changed})
    old_moment = signing.headers([new], message_id="evt_1", seconds=int(now.timestamp()) - 301, body=body)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.secret_text(new)).verify(body, old_moment)


def test_the_shipped_schedule_ends_after_a_little_more_than_three_days() -> None:
    assert timedelta(days=3) < timedelta(seconds=sum(SCHEDULE)) < timedelta(days=3.5)


@given(st.integers(min_value=1, max_value=9), st.integers(min_value=0, max_value=100))
def test_a_pause_is_never_shorter_than_written_nor_longer_than_its_jitter(attempts: int, jitter: int) -> None:
    found = schedule.pause(attempts, schedule=SCHEDULE, jitter_percent=jitter)
    written = timedelta(seconds=SCHEDULE[attempts - 1])
    assert found is not None
    assert written <= found <= written * (1 + jitter / 100) + timedelta(microseconds=1)


def test_after_the_last_pause_there_is_no_other() -> None:
    assert schedule.pause(10, schedule=SCHEDULE, jitter_percent=20) is None


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 0), (4, 0), (5, 30), (6, 60), (9, 480), (11, 1_800), (99, 1_800)]
)
def test_an_endpoint_rests_longer_the_longer_it_fails(failures: int, seconds: int) -> None:
    found = schedule.rest(failures, threshold=5, base_seconds=30, cap_seconds=1_800)
    assert found == timedelta(seconds=seconds)
