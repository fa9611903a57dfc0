import pytest

from core.api import strict_json
from core.api.strict_json import UnreadableBody


def pointers(body: bytes) -> list[tuple[str, str]]:
    with pytest.raises(UnreadableBody) as refused:
        strict_json.read_object(body)
    return [(error.pointer, error.reason) for error in refused.value.errors]


def test_an_ordinary_object_comes_back_as_it_was_written() -> None:
    body = b'{"amount": 50000, "rate": 0.5, "note": "\\u00e9 \\ud83d\\ude00", "list": [null, true, -7]}'
    assert strict_json.read_object(body) == {"amount": 50000, "rate": 0.5, "note": "é 😀", "list": [None, True, -7]}


@pytest.mark.parametrize(
    ("body", "place", "reason"),
    [
        (b'{"amount": 1, "amount": 2}', "/amount", "This name appears twice."),
        (b'{"a": [{"b/c": 1, "b/c": 1}]}', "/a/0/b~1c", "This name appears twice."),
        (b'{"amount": NaN}', "/amount", "NaN and Infinity are not JSON numbers."),
        (b'{"a": [1, -Infinity]}', "/a/1", "NaN and Infinity are not JSON numbers."),
        (b'{"amount": 1e400}', "/amount", "NaN and Infinity are not JSON numbers."),
        (b'{"name": "a\\u0000b"}', "/name", "The NUL character is not allowed."),
        (b'{"a\\u0000": 1}', "/a\ufffd", "The NUL character is not allowed."),
        (b'{"name": "\\ud800"}', "/name", "A lone surrogate is not a character."),
        (b'{"\\udfff": 1}', "/?", "A lone surrogate is not a character."),
    ],
)
def test_what_two_readers_may_understand_differently_is_refused_with_its_place(
    body: bytes, place: str, reason: str
) -> None:
    assert pointers(body) == [(place, reason)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a": 01}',
        b'{"a": +1}',
        b'{"a": .5}',
        b"{'a': 1}",
        b'{"a": 1} x',
        b'\xef\xbb\xbf{"a": 1}',
        '{"a": 1}'.encode("utf-16"),
        b'{"a": "\xff"}',
        b'{"a": "\x00"}',
        '{"a": ١٢}'.encode(),
        b"[]",
        b"1",
        b"null",
        b'"text"',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b"[" * 100_000,
    ],
)
def test_what_is_not_one_json_object_in_utf8_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        strict_json.read_object(body)


def test_sixteen_levels_pass_and_seventeen_do_not() -> None:
    def nested(levels: int) -> bytes:
        return b'{"a":' * levels + b"1" + b"}" * levels

    strict_json.read_object(nested(16))
    assert pointers(nested(17)) == [("/a" * 16, "Nested deeper than 16 levels.")]


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert len(strict_json.read_object(b'{"a": [' + b",".join([b"{}"] * 500) + b"]}")["a"]) == 500


def test_minus_zero_is_no_integer() -> None:
    amount = strict_json.read_object(b'{"amount": -0}')["amount"]
    assert type(amount) is float


def test_a_refusal_never_repeats_what_was_sent() -> None:
    with pytest.raises(UnreadableBody) as refused:
        strict_json.read_object(b'{"cardNumber": "4242424242424242", }')
    assert "4242" not in refused.value.detail
