from django.apps import AppConfig
from django.db.models.signals import post_migrate


class StaffConfig(AppConfig):
    name = "core.staff"
    label = "staff"

    def ready(self) -> None:
        post_migrate.connect(_install, sender=self)


def _install(**_: object) -> None:
    from core import clock
    from core.staff.services import roles

    roles.install(now=clock.now())
