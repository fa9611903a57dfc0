"""Pages of payments. Importing this package registers them with the console."""

from payments.views import chargebacks, refunds, settlement

__all__ = ["chargebacks", "refunds", "settlement"]
