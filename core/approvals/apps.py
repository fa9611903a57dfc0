from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class ApprovalsConfig(AppConfig):
    name = "core.approvals"
    label = "approvals"

    def ready(self) -> None:
        """Every app may have an `approvals.py` that declares its acts and relation sources; importing it is enough."""
        import_module("core.approvals.services.affiliations")
        import_module("core.approvals.selectors.pairs")
        autodiscover_modules("approvals")
        post_migrate.connect(_install, sender=self)
        import_module("core.approvals.metrics").declare()


def _install(**_: object) -> None:
    from core.approvals.services import policies

    policies.install()
