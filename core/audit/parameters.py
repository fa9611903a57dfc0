from core.parameters import services as parameters

parameters.declare(
    "audit.anchor_seconds",
    10,
    unit="seconds",
    meaning="How often the end of the audit chain is written down outside the database",
    minimum=1,
    maximum=3600,
)
