"""Pages of payments. Importing this package registers them with the console."""

from payments.views import chargebacks, payout_schedules, payouts, refunds, settlement, transfers, verifications

__all__ = ["chargebacks", "payout_schedules", "payouts", "refunds", "settlement", "transfers", "verifications"]
