from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class ParametersConfig(AppConfig):
    name = "core.parameters"
    label = "parameters"

    def ready(self) -> None:
        """Every app may have a `parameters.py` that declares its own; importing it is enough."""
        for config in apps.get_app_configs():
            if config.name != self.name and find_spec(f"{config.name}.parameters"):
                import_module(f"{config.name}.parameters")
        post_migrate.connect(_install_defaults, sender=self)


def _install_defaults(**_: object) -> None:
    from core.parameters import services

    services.install_defaults()
