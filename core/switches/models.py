"""Every turn of every switch. The latest turn that has not run out is in force; nothing is overwritten."""

from django.db import models
from django.db.models import F, Q

from core.switches.enums import State, Switch


class SwitchTurn(models.Model):
    """`scope` empty is the whole platform. A turn with `expires_at` gives way to the one before it."""

    switch = models.CharField(max_length=40, choices=Switch.choices)
    scope = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=8, choices=State.choices)
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=140)
    turned_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "switches_turn"
        indexes = [models.Index(fields=["switch", "scope", "-id"], name="switch_turn_newest_first")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="switch_state_is_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="switch_turn_has_a_reason"),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("turned_at")),
                name="switch_turn_expires_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.switch} {self.scope or 'everywhere'}: {self.state}"
