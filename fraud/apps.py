from django.apps import AppConfig
from django.db.models.signals import post_migrate


class FraudConfig(AppConfig):
    name = "fraud"
    label = "fraud"

    def ready(self) -> None:
        post_migrate.connect(_install_shipped_rules, sender=self)


def _install_shipped_rules(**_: object) -> None:
    from fraud.services import lists, rule_sets

    lists.install_shipped()
    rule_sets.install_shipped()
