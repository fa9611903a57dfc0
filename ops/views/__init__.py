"""Pages that read more than one app. Importing this package registers them with the console."""

from ops.views import incidents, overview, payments

__all__ = ["incidents", "overview", "payments"]
