from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SwitchesConfig(AppConfig):
    name = "core.switches"
    label = "switches"

    def ready(self) -> None:
        post_migrate.connect(_install, sender=self)
        import_module("core.switches.metrics").declare()


def _install(**_: object) -> None:
    from core import clock
    from core.switches import services

    services.install(now=clock.now())
