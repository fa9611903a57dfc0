"""Client of the Holdfast API.

client = Client("sk_test_…", base_url="http://localhost:8000")
payment = client.payments.create(amount=50000, customer_id="cus_abc123", card=Card("4242424242424242", 12, 2031, "123"))
payment.data["paymentId"], payment.idempotency_key
"""

from holdfast import webhooks
from holdfast.answers import Answer, Page, RateLimit
from holdfast.client import Client
from holdfast.errors import (
    ApiError,
    AuthenticationFailed,
    Conflict,
    HoldfastError,
    InvalidRequest,
    NoAnswer,
    NotAllowed,
    NotFound,
    PaymentRefused,
    RateLimited,
    ServerFailed,
)
from holdfast.listing import Listing
from holdfast.requests import Card
from holdfast.retries import Retries

__all__ = [
    "Answer",
    "ApiError",
    "AuthenticationFailed",
    "Card",
    "Client",
    "Conflict",
    "HoldfastError",
    "InvalidRequest",
    "Listing",
    "NoAnswer",
    "NotAllowed",
    "NotFound",
    "Page",
    "PaymentRefused",
    "RateLimit",
    "RateLimited",
    "Retries",
    "ServerFailed",
    "webhooks",
]
