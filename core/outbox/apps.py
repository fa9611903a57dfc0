from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps


class OutboxConfig(AppConfig):
    name = "core.outbox"
    label = "outbox"

    def ready(self) -> None:
        """Every app may declare what it hears in its `handlers.py`; importing it is enough."""
        for config in apps.get_app_configs():
            if find_spec(f"{config.name}.handlers"):
                import_module(f"{config.name}.handlers")
        import_module("core.outbox.metrics").declare()
