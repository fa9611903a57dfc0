"""Examples of the documentation, in wire names."""

ENDPOINT = {
    "url": "https://shop.example.com/holdfast",
    "events": ["payment.completed", "payment.failed", "refund.succeeded"],
    "description": "Orders",
}
