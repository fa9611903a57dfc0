"""What leaves text, what stays. The numbers are published test numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.telemetry import redaction
from core.vault import brands
from tests import leaks

VISA = "4111111111111111"
MASKED = "411111******1111"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (f"card {VISA} used", f"card {MASKED} used"),
        (VISA, MASKED),
        (f"pan={VISA}USD", f"pan={MASKED}USD"),
        (f"card{VISA}", f"card{MASKED}"),
        ("4111-1111-1111-1111", "4111-11**-****-1111"),
        ("4111 1111 1111 1111", "4111 11** **** 1111"),
        ("4111\u00a01111\u00a01111\u00a01111", "4111\u00a011**\u00a0****\u00a01111"),
        ("4111\u202f1111\u202f1111\u202f1111", "4111\u202f11**\u202f****\u202f1111"),
        ("4111.1111.1111.1111", "4111.11**.****.1111"),
        ("c=4111%201111%201111%201111&x=1", "c=4111%2011**%20****%201111&x=1"),
        ("c=4111+1111+1111+1111", "c=4111+11**+****+1111"),
        (r'"4111\u00a01111\u00a01111\u00a01111"', r'"4111\u00a011**\u00a0****\u00a01111"'),
        ("３７８２８２２４６３１０００５", "３７８２８２*****０００５"),
        ("12 4111 1111 1111 1111 7", "12 4111 11** **** 1111 7"),
        (f"{VISA} {VISA}", f"{MASKED} {MASKED}"),
        (f"{VISA},5105105105105100", f"{MASKED},510510******5100"),
        ("378282246310005", "378282*****0005"),
        ("4222222222222", "422222***2222"),
    ],
)
def test_a_card_number_loses_its_middle(text, redacted):
    assert redaction.redact(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",
        "41111111111111111111",
        "4111  1111  1111  1111",
        "trace 091000012930258",
        "imei 490154203237518",
        "pay_1703123456789_k2n8m9p1q ESC_1703123456789_ABCDEF12 ACH1703123456789ABCD",
        "5f0c9a6e-4111-4111-8111-111111111111",
        "41111111-1111-1111-4111-111111111111",
        "sha256 " + "4111111111111111" + "abcdef0123456789" * 3,
        "2026-11-20T09:14:30.123456+00:00",
        "amount_minor=4111111111111",
        "call +1 217 555 0100",
        MASKED,
        "",
        "the token of the key is passed on; a cookie, please",
    ],
)
def test_what_is_no_card_number_stays(text):
    assert redaction.redact(text) == text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("cvv=123", "cvv=***"),
        ("card_number=x&cvv=123&b=1", "card_number=x&cvv=***&b=1"),
        ('{"cvc": "1234"}', '{"cvc": "***"}'),
        ('{"cvc":123}', '{"cvc":***}'),
        (r"{\"cvc\": \"123\"}", r"{\"cvc\": \"***\"}"),
        ("CVC2: 999", "CVC2: ***"),
        ("security code: 123", "security code: ***"),
        ("the cvc is 123", "the cvc is ***"),
        ("cvc 123456", "cvc 123456"),
        ("key sk_test_4eC39HqLyjWDarjt", "key sk_test_[redacted]"),
        ("sk_live_4eC39HqLyjWDarjt", "sk_live_[redacted]"),
        ("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whsec_[redacted]"),
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer [redacted]"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [redacted]"),
        ("{'HTTP_AUTHORIZATION': 'abcdef123456'}", "{'HTTP_AUTHORIZATION': '[redacted]'}"),
        ("-H bearer abcdef123456", "-H bearer [redacted]"),
        ("Cookie: sessionid=abc; csrftoken=def", "Cookie: [redacted]"),
        ("Set-Cookie: a=b; Path=/", "Set-Cookie: [redacted]"),
        ("otpauth://totp/Holdfast:a%40b.c?secret=JBSWY3DPEHPK3PXP&issuer=Holdfast", "otpauth://[redacted]"),
        ("postgresql://holdfast:hunter2@db:5432/holdfast", "postgresql://holdfast:[redacted]@db:5432/holdfast"),
        ("password=hunter2&user=a", "password=[redacted]&user=a"),
        ('{"password": "hunter 2", "user": "a"}', '{"password": "[redacted]", "user": "a"}'),
        ("client_secret: 'x y'", "client_secret: '[redacted]'"),
        ("AWS_SECRET_ACCESS_KEY=abc/def+ghi", "AWS_SECRET_ACCESS_KEY=[redacted]"),
        ("AKIAIOSFODNN7EXAMPLE", "[redacted]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "[redacted]"),
        ("-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----\nnext", "[redacted]\nnext"),
    ],
)
def test_secrets_go(text, redacted):
    assert redaction.redact(text) == redacted


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("ssn 123-45-6789", "ssn ***-**-6789"),
        ("ein 12-3456789", "ein **-***6789"),
        ('{"ssn": "123456789"}', '{"ssn": "*****6789"}'),
        ("routing 021000021 account 000123456789", "routing 021000021 account ********6789"),
        ("account_number=000123456789", "account_number=********6789"),
        ("on 2026-11-20", "on 2026-11-20"),
        ("phone 217-555-0100", "phone 217-555-0100"),
    ],
)
def test_logs_also_lose_tax_and_account_numbers(text, scrubbed):
    assert redaction.scrub(text) == scrubbed


def test_redacting_twice_changes_nothing():
    text = f"{VISA} cvv=123 password=hunter2 Authorization: Bearer abcdef123456 sk_test_abcdefgh"
    assert redaction.redact(redaction.redact(text)) == redaction.redact(text)


def card_numbers() -> st.SearchStrategy[str]:
    """Any number of any brand from 13 digits on, with a right check digit."""

    @st.composite
    def number(draw: st.DrawFn) -> str:
        brand = draw(st.sampled_from(brands.BRANDS))
        low, high = draw(st.sampled_from(brand.prefixes))
        length = draw(st.sampled_from([length for length in sorted(brand.lengths) if length >= 13]))
        prefix = str(draw(st.integers(int(low), int(high))))
        body = prefix + draw(
            st.text("0123456789", min_size=length - len(prefix) - 1, max_size=length - len(prefix) - 1)
        )
        return next(body + check for check in "0123456789" if brands.passes_luhn(body + check))

    return number()


@given(card_numbers(), st.sampled_from(["", " ", "-", ".", "\u00a0"]), st.data())
def test_any_card_number_however_it_is_grouped(number, separator, data):
    cuts = sorted(data.draw(st.sets(st.integers(1, len(number) - 1), max_size=5)))
    pieces = [number[start:end] for start, end in zip([0, *cuts], [*cuts, len(number)], strict=True)]
    text = redaction.redact(f"order 7, {separator.join(pieces)}, thanks")
    left = "".join(character for character in text if character.isdigit())
    assert number not in left
    assert left.count("*") == 0
    assert text.count("*") >= len(number) - 10


@given(st.text("0123456789 -.", min_size=0, max_size=60))
def test_no_card_number_survives_in_any_jumble_of_digits(text):
    assert not leaks.find_card_numbers(redaction.redact(text))


@given(st.text(max_size=200))
def test_only_characters_of_numbers_change(text):
    redacted = redaction.redact_cards(text)
    assert len(redacted) == len(text)
    assert all(after in (before, "*") for before, after in zip(text, redacted, strict=True))


def test_the_scan_of_dumps_masks_what_it_finds():
    assert leaks.find_card_numbers(f"a {VISA} b 378282246310005") == [MASKED, "378282*****0005"]
    assert leaks.find_card_numbers(f"a {MASKED} b trace 091000012930258") == []
    assert leaks.find_secrets("x 31323334 y", {"code": "1234", "other": ["5678"]}) == ["code"]
