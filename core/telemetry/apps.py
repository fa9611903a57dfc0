from pathlib import Path

from django.apps import AppConfig
from django.conf import settings


class TelemetryConfig(AppConfig):
    name = "core.telemetry"
    label = "telemetry"

    def ready(self) -> None:
        from core import clock
        from core.telemetry import logs

        logs.configure(settings.HOLDFAST_LOG_LEVEL)
        if settings.HOLDFAST_MOVABLE_CLOCK:
            clock.install(clock.OffsetClock(Path(settings.HOLDFAST_STATE_DIR) / "clock-offset"))
