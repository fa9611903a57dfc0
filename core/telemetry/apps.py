from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    name = "core.telemetry"
    label = "telemetry"
