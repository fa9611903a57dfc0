from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from ledger.models.accounts import Account
from ledger.models.entries import Entry


class Balance(models.Model):
    """The one mutable row of an account, in terms of its normal side (a credit balance of a payable is positive).

    `pending_in_minor` and `pending_out_minor` are what open reservations would add and take. `seq` and `head` are
    the end of the account's hash chain. A hot account's true balance is this row plus its deltas.
    """

    account = models.OneToOneField(
        Account, primary_key=True, on_delete=models.PROTECT, db_constraint=False, related_name="balance"
    )
    posted_minor = models.BigIntegerField()
    pending_in_minor = models.BigIntegerField()
    pending_out_minor = models.BigIntegerField()
    min_balance_minor = models.BigIntegerField(null=True)
    seq = models.BigIntegerField()
    head = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(min_balance_minor__isnull=True)
                | Q(posted_minor__gte=F("min_balance_minor") + F("pending_out_minor")),
                name="account_is_not_overdrawn",
            ),
            models.CheckConstraint(
                condition=Q(pending_in_minor__gte=0, pending_out_minor__gte=0), name="reserved_amounts_are_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(posted_minor__range=(-(10**18), 10**18))
                & Q(pending_in_minor__lte=10**18, pending_out_minor__lte=10**18),
                name="balance_is_within_limits",
            ),
        ]


class Delta(models.Model):
    """A movement of a hot account that the roll-up has not yet added to its balance row."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="deltas"
    )
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    posted_minor = models.BigIntegerField()
    pending_in_minor = models.BigIntegerField()
    pending_out_minor = models.BigIntegerField()
    digest = models.BinaryField(max_length=32, null=True)

    class Meta:
        indexes = [models.Index(fields=["account", "entry"], name="delta_by_account")]


class Seal(models.Model):
    """One link of a hot account's hash chain: the entries one roll-up added, in the order of their numbers."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="seals"
    )
    seq = models.BigIntegerField()
    head = models.BinaryField(max_length=32)
    entry_ids = ArrayField(models.BigIntegerField())
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "seq"], name="seal_has_its_own_place")]


class OpenReservation(models.Model):
    """A reservation nobody has captured, voided or let expire yet; the row leaves when it ends."""

    entry = models.OneToOneField(
        Entry, primary_key=True, on_delete=models.PROTECT, db_constraint=False, related_name="open_reservation"
    )
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_open_reservation"
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(expires_at__isnull=False), name="open_reservation_by_expiry"
            )
        ]
