"""Words of incidents, as they stand in the database."""

from django.db import models


class Severity(models.TextChoices):
    """How soon somebody must act; P1 first. The texts sort in that order."""

    P1 = "P1", "P1, at once"
    P2 = "P2", "P2, within the hour"
    P3 = "P3", "P3, today"
    P4 = "P4", "P4, this week"


class IncidentState(models.TextChoices):
    OPEN = "OPEN", "Nobody has seen it"
    ACKNOWLEDGED = "ACKNOWLEDGED", "Being looked into"
    RESOLVED = "RESOLVED", "Resolved"


class IncidentStep(models.TextChoices):
    """What the lines of an incident's story say."""

    OPENED = "OPENED", "Opened"
    CHANGED = "CHANGED", "Raised again, in other words"
    WORSENED = "WORSENED", "Became more severe"
    ACKNOWLEDGED = "ACKNOWLEDGED", "Acknowledged"
    NOTED = "NOTED", "Noted"
    RESOLVED = "RESOLVED", "Resolved"
