from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps


class WebhooksConfig(AppConfig):
    name = "core.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        """Every app may declare what it tells the marketplace in its `webhooks.py`; importing it is enough."""
        for config in apps.get_app_configs():
            if find_spec(f"{config.name}.webhooks"):
                import_module(f"{config.name}.webhooks")
        import_module("core.webhooks.metrics").declare()
