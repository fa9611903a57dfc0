"""The documented example of the payment operation, its expiry moved into the future."""

from typing import Any

CARD: dict[str, Any] = {"cardNumber": "4242424242424242", "expiryMonth": "12", "expiryYear": "2031", "cvc": "123"}
PAYMENT: dict[str, Any] = {
    **CARD,
    "amount": 50000,
    "currency": "USD",
    "customerId": "cus_abc123def456",
    "providerId": "prov_xyz789ghi012",
    "bookingId": "book_service_001",
    "paymentMethod": "card",
    "metadata": '{"order_id": "12345", "description": "Photography Service"}',
}
PAYMENT_ANSWER: dict[str, Any] = {
    "success": True,
    "paymentId": "pay_1703123456789_k2n8m9p1q",
    "transactionId": "txn_1703123456789_x4y7z2a5b",
    "status": "COMPLETED",
    "amount": 50000,
    "currency": "USD",
    "fees": 4000,
    "netAmount": 46000,
    "fraudScore": 125,
    "fraudRecommendation": "APPROVE",
    "timestamp": "2024-01-15T10:30:45.123Z",
}
