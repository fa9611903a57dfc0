"""Pages of payments. Importing this package registers them with the console."""

from payments.views import chargebacks, payouts, refunds, settlement, transfers, verifications

__all__ = ["chargebacks", "payouts", "refunds", "settlement", "transfers", "verifications"]
