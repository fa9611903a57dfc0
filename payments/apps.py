from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    label = "payments"

    def ready(self) -> None:
        from payments import metrics, transfer_metrics

        metrics.install()
        transfer_metrics.install()
