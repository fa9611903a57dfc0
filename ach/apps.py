from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AchConfig(AppConfig):
    name = "ach"
    label = "ach"

    def ready(self) -> None:
        from ach import metrics
        from ach.transport import installed

        post_migrate.connect(_install_shipped_originator, sender=self)
        post_migrate.connect(_install_return_policies, sender=self)
        installed.install()
        metrics.install()


def _install_shipped_originator(**_: object) -> None:
    from ach.services import originators

    originators.install_shipped()


def _install_return_policies(**_: object) -> None:
    from ach.services import policies

    policies.install_shipped()
