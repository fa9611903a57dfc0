"""Every turn of every switch. The latest turn that has not run out is in force; nothing is overwritten."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from core.switches.enums import Decided, State, Switch


class SwitchTurn(models.Model):
    """`scope` empty is the whole platform. A turn with `expires_at` gives way to the one before it.

    `owner` answers for the turn while it is in force: an actor, `STAFF:grace@…`; empty where it is the actor itself.
    A turn that opens names the executed approval of a second person in `approval_id`; the database asks for it.
    """

    switch = models.CharField(max_length=40, choices=Switch.choices)
    scope = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=8, choices=State.choices)
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=140)
    owner = models.CharField(max_length=140, blank=True, default="")
    approval_id = models.CharField(max_length=40, blank=True, default="")
    turned_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "switches_turn"
        indexes = [
            models.Index(fields=["switch", "scope", "-id"], name="switch_turn_newest_first"),
            models.Index(fields=["switch", "-id"], name="switch_turn_history"),
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="switch_turn_that_ends"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="switch_state_is_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="switch_turn_has_a_reason"),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("turned_at")),
                name="switch_turn_expires_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(approval_id="") | Q(state=State.OPEN), name="only_an_opening_turn_is_approved"
            ),
            models.CheckConstraint(
                condition=~Q(switch=Switch.FRAUD_BYPASS, state=State.OPEN)
                | Q(expires_at__isnull=False, expires_at__lte=F("turned_at") + timedelta(hours=1)),
                name="bypass_opens_for_an_hour_at_most",
            ),
            models.UniqueConstraint(
                fields=["approval_id"], condition=~Q(approval_id=""), name="switch_approval_is_used_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.switch} {self.scope or 'everywhere'}: {self.state}"

    @property
    def responsible(self) -> str:
        return self.owner or self.actor


class SwitchExpiry(models.Model):
    """That the time of a turn is over was noticed and told, once. `state` is what came into force."""

    turn = models.OneToOneField(SwitchTurn, on_delete=models.PROTECT, primary_key=True, related_name="expiry")
    state = models.CharField(max_length=8, choices=State.choices)
    noticed_at = models.DateTimeField()

    class Meta:
        db_table = "switches_expiry"


class SwitchExposure(models.Model):
    """What was decided under one turn in one stretch of counting: operations, and their money where it was known.

    `currency` empty counts operations without an amount. `batch` names the stretch, so that none is added twice.
    """

    turn = models.ForeignKey(SwitchTurn, on_delete=models.PROTECT, related_name="exposures")
    decided = models.CharField(max_length=8, choices=Decided.choices)
    currency = models.CharField(max_length=3, blank=True)
    operations = models.PositiveBigIntegerField()
    amount_minor = models.PositiveBigIntegerField()
    batch = models.CharField(max_length=40)
    counted_at = models.DateTimeField()

    class Meta:
        db_table = "switches_exposure"
        indexes = [models.Index(fields=["turn", "-id"], name="switch_exposure_by_turn")]
        constraints = [
            models.UniqueConstraint(
                fields=["turn", "decided", "currency", "batch"], name="switch_exposure_is_counted_once"
            ),
            models.CheckConstraint(condition=Q(operations__gt=0), name="switch_exposure_counts_something"),
            models.CheckConstraint(condition=Q(decided__in=Decided.values), name="switch_exposure_is_of_a_known_kind"),
        ]
