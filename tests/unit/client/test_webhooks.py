"""Webhook signatures, checked against the independent implementation of Standard Webhooks."""

import base64
import json
from datetime import UTC, datetime

import pytest
from holdfast import webhooks
from holdfast.webhooks import NotVerified
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64.b64encode(b"another secret of some length").decode()
BODY = b'{"type":"payment.completed","timestamp":"2026-03-02T15:00:00Z","data":{"id":"pay_1"}}'
AT = 1_772_463_600


def headers(body: bytes = BODY, *, secret: str = SECRET, identifier: str = "evt_1", at: int = AT) -> dict[str, str]:
    """As the independent library signs them."""
    signature = Webhook(secret).sign(identifier, datetime.fromtimestamp(at, UTC), body.decode())
    return {"Webhook-Id": identifier, "Webhook-Timestamp": str(at), "Webhook-Signature": signature}


def test_what_the_independent_library_signs_is_verified() -> None:
    assert webhooks.verify(BODY, headers(), SECRET, now=AT)["data"] == {"id": "pay_1"}


def test_the_vector_of_the_specification() -> None:
    """From the Standard Webhooks test suite: the same secret, id, time and body give this very signature."""
    signature = webhooks.sign(
        b'{"test": 2432232314}', identifier="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, secret=SECRET
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(min_size=1, max_size=64), st.text(min_size=1, max_size=20), st.dictionaries(st.text(), st.text()))
def test_both_implementations_sign_alike(key: bytes, word: str, event: dict[str, str]) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    body = json.dumps({"data": event, "type": word})
    ours = webhooks.sign(body.encode(), identifier="evt_1", timestamp=AT, secret=secret)
    assert ours == Webhook(secret).sign("evt_1", datetime.fromtimestamp(AT, UTC), body)


def test_the_secret_with_and_without_its_prefix_is_the_same() -> None:
    assert webhooks.verify(BODY, headers(), SECRET.removeprefix("whsec_"), now=AT)


def test_one_of_several_signatures_and_one_of_several_secrets_is_enough() -> None:
    """While a secret is replaced the sender signs with both, and a receiver may know both."""
    both = headers() | {"Webhook-Signature": f"{headers(secret=OTHER)['Webhook-Signature']} v2,abc "}
    both["Webhook-Signature"] += headers()["Webhook-Signature"]
    assert webhooks.verify(BODY, both, SECRET, now=AT)
    assert webhooks.verify(BODY, headers(), [OTHER, SECRET], now=AT)


@pytest.mark.parametrize(
    ("different", "why"),
    [
        ({"Webhook-Id": "evt_2"}, "no signature fits"),
        ({"Webhook-Id": ""}, "needed"),
        ({"Webhook-Timestamp": str(AT + 1)}, "no signature fits"),
        ({"Webhook-Timestamp": "soon"}, "no number"),
        ({"Webhook-Timestamp": "١٧"}, "no number"),
        ({"Webhook-Signature": ""}, "needed"),
        ({"Webhook-Signature": "v1,"}, "no signature fits"),
        ({"Webhook-Signature": "v1,ünvalid"}, "no signature fits"),
        ({"Webhook-Signature": "v1a," + headers()["Webhook-Signature"][3:]}, "no signature fits"),
        ({"Webhook-Signature": headers()["Webhook-Signature"][3:]}, "no signature fits"),
    ],
)
def test_a_changed_header_is_noticed(different: dict[str, str], why: str) -> None:
    with pytest.raises(NotVerified, match=why):
        webhooks.verify(BODY, headers() | different, SECRET, now=AT)


def test_a_changed_body_and_a_foreign_secret_are_noticed() -> None:
    with pytest.raises(NotVerified):
        webhooks.verify(BODY.replace(b"pay_1", b"pay_2"), headers(), SECRET, now=AT)
    with pytest.raises(NotVerified):
        webhooks.verify(BODY, headers(), OTHER, now=AT)


@pytest.mark.parametrize(("seconds", "fits"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)])
def test_an_old_delivery_and_one_from_the_future_are_refused(seconds: int, fits: bool) -> None:
    """Five minutes either way: what was listened to cannot be sent again tomorrow."""
    if fits:
        assert webhooks.verify(BODY, headers(), SECRET, now=AT + seconds)
    else:
        with pytest.raises(NotVerified, match="too far"):
            webhooks.verify(BODY, headers(), SECRET, now=AT + seconds)


@pytest.mark.parametrize("body", [b"[]", b"null", b"not json", b'"x"'])
def test_a_signed_body_that_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(NotVerified):
        webhooks.verify(body, headers(body), SECRET, now=AT)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64!", "whsec_\u00e9"])
def test_what_is_no_secret_is_a_mistake_of_the_caller(secret: str) -> None:
    with pytest.raises(ValueError, match="not a webhook secret"):
        webhooks.verify(BODY, headers(), secret, now=AT)
    with pytest.raises(ValueError, match="at least one"):
        webhooks.verify(BODY, headers(), [], now=AT)
