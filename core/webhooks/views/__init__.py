"""Importing this registers the pages of webhooks."""

from core.webhooks.views import acts, deliveries, endpoints

__all__ = ["acts", "deliveries", "endpoints"]
