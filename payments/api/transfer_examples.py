"""The documented example of the transfer operation, as it is printed."""

from typing import Any

TRANSFER: dict[str, Any] = {
    "fromAccountId": "acc_merchant_12345",
    "toAccountId": "acc_provider_67890",
    "amount": 250000,
    "currency": "USD",
    "transferType": "CREDIT",
    "priority": "STANDARD",
    "description": "Service payment for booking #12345",
    "customerInfo": {
        "customerId": "cus_abc123def456",
        "firstName": "John",
        "lastName": "Doe",
        "email": "john.doe@example.com",
        "phone": "+1-555-0123",
        "address": {
            "street": "123 Main Street",
            "city": "San Francisco",
            "state": "CA",
            "zipCode": "94102",
            "country": "US",
        },
        "dateOfBirth": "1990-01-15",
        "ipAddress": "192.168.1.100",
        "deviceFingerprint": "d1e2f3g4h5i6j7k8l9m0",
    },
    "secCode": "WEB",
    "effectiveDate": "2024-01-16",
}
