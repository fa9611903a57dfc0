from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps


class WorkConfig(AppConfig):
    name = "core.work"
    label = "work"

    def ready(self) -> None:
        """Every app may declare performers and periodic jobs in its `tasks.py`; importing it is enough."""
        for config in apps.get_app_configs():
            if find_spec(f"{config.name}.tasks"):
                import_module(f"{config.name}.tasks")
