from django.db import models
from django.db.models import Q

from ledger.enums import Book, Phase
from ledger.models.accounts import Account


class Entry(models.Model):
    """One balanced movement, or the reservation of one. Never changed, never deleted.

    `reverses` points from a reversal at what it undoes, `settles` from a capture or a void at the reservation it ends.
    `request_hash` covers what was asked (not the times), so the same key with another request is refused.
    """

    public_id = models.CharField(max_length=40)
    book = models.CharField(max_length=4, choices=Book.choices)
    phase = models.CharField(max_length=7, choices=Phase.choices)
    kind = models.CharField(max_length=64)
    reference = models.CharField(max_length=100)
    description = models.CharField(max_length=255)
    idempotency_key = models.CharField(max_length=255)
    request_hash = models.BinaryField(max_length=32)
    effective_at = models.DateTimeField()
    posted_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    reverses = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="reversals"
    )
    settles = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="settlements"
    )

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="entry_public_id_is_unique"),
            models.UniqueConstraint(fields=["book", "idempotency_key"], name="idempotency_key_has_one_entry"),
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="entry_is_reversed_once"
            ),
            models.UniqueConstraint(
                fields=["settles"], condition=Q(settles__isnull=False), name="reservation_is_settled_once"
            ),
            models.CheckConstraint(condition=Q(book__in=Book.values), name="entry_book_is_known"),
            models.CheckConstraint(condition=Q(phase__in=Phase.values), name="entry_phase_is_known"),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(phase__in=[Phase.PENDING, Phase.HOLD]),
                name="only_a_reservation_expires",
            ),
        ]
        indexes = [models.Index(fields=["reference", "id"], name="entry_by_reference")]

    def __str__(self) -> str:
        return self.public_id


class Posting(models.Model):
    """One leg of a posted entry. `amount_minor` is positive for a debit, negative for a credit.

    `account_seq` and `head` are the link in the account's hash chain; on a hot account they are empty and the link is
    the seal that the roll-up writes. References to entry and account are proved by the writer and by `verify_ledger`.
    """

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, db_constraint=False, related_name="postings")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="postings"
    )
    leg = models.SmallIntegerField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    effective_at = models.DateTimeField()
    account_seq = models.BigIntegerField(null=True)
    head = models.BinaryField(max_length=32, null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount_minor=0), name="posting_amount_is_not_zero"),
        ]
        indexes = [models.Index(fields=["account", "effective_at", "id"], name="posting_by_account_and_time")]


class PendingLeg(models.Model):
    """One leg of a reservation (PENDING or HOLD). Signs as in Posting."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, db_constraint=False, related_name="pending_legs")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_constraint=False, related_name="pending_legs")
    leg = models.SmallIntegerField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        db_table = "ledger_pending_leg"
        constraints = [
            models.CheckConstraint(condition=~Q(amount_minor=0), name="pending_leg_amount_is_not_zero"),
        ]
