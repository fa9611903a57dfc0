from importlib import import_module

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "core.audit"
    label = "audit"

    def ready(self) -> None:
        import_module("core.audit.metrics").declare()
