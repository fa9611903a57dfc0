"""Where a party is paid."""

from django.db import models
from django.db.models import F, Q

from compliance.enums import AccountType, BankAccountState
from compliance.models.party import Party

ENDED = (BankAccountState.RETIRED, BankAccountState.REJECTED)


class BankAccount(models.Model):
    """An account of a party at a bank. What it is never changes; another account is another row.

    `sealed` is the number under lock (`compliance.services.account_numbers`), `fingerprint` the same for the same
    account of the same mode, whoever has it, and `last4` the end that may be shown. `version` counts its states.
    `active_from` is when it may be paid to: known once it is signed. It was paid to from `activated_at` until
    `ended_at`. One that its bank asked for (a notification of change) `corrects` the account it replaces; `correction`
    is the id of what the bank said, which is signed instead, and nothing cools off.
    """

    account_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="bank_accounts")
    holder_name = models.CharField(max_length=100)
    account_type = models.CharField(max_length=8, choices=AccountType)
    routing_number = models.CharField(max_length=9)
    last4 = models.CharField(max_length=4)
    sealed = models.BinaryField()
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=BankAccountState, default=BankAccountState.PENDING)
    version = models.PositiveIntegerField(default=1)
    requested_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    corrects = models.OneToOneField("self", on_delete=models.PROTECT, related_name="corrected_by", null=True)
    correction = models.CharField(max_length=40, blank=True, default="", db_default="")
    approval_id = models.CharField(max_length=40, blank=True, default="", db_default="")
    active_from = models.DateTimeField(null=True)
    activated_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=120, blank=True, default="", db_default="")
    ended_reason = models.CharField(max_length=500, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["party"],
                condition=Q(state=BankAccountState.ACTIVE),
                name="party_has_one_active_account",
            ),
            models.UniqueConstraint(
                fields=["party"],
                condition=Q(state=BankAccountState.PENDING, corrects=None),
                name="party_has_one_pending_account",
            ),
            models.UniqueConstraint(
                fields=["approval_id"], condition=~Q(approval_id=""), name="bank_account_has_its_own_approval"
            ),
            models.CheckConstraint(condition=Q(state__in=BankAccountState.values), name="bank_account_state_is_known"),
            models.CheckConstraint(condition=Q(account_type__in=AccountType.values), name="bank_account_type_is_known"),
            models.CheckConstraint(condition=~Q(holder_name=""), name="bank_account_has_a_holder"),
            models.CheckConstraint(
                condition=Q(corrects=None, correction="") | Q(corrects__isnull=False) & ~Q(correction=""),
                name="bank_account_correction_says_whose",
            ),
            models.CheckConstraint(
                condition=Q(last4__regex=r"^[0-9A-Z]{2,4}$"), name="bank_account_shows_four_at_most"
            ),
            models.CheckConstraint(
                condition=Q(fingerprint__regex=r"^[0-9a-f]{64}$"), name="bank_account_fingerprint_is_a_hash"
            ),
            models.CheckConstraint(
                condition=Q(state__in=(BankAccountState.PENDING, BankAccountState.REJECTED), activated_at=None)
                | Q(
                    state__in=(BankAccountState.ACTIVE, BankAccountState.RETIRED),
                    active_from__isnull=False,
                    activated_at__isnull=False,
                    activated_at__gte=F("active_from"),
                    active_from__gte=F("created_at"),
                ),
                name="bank_account_cools_off_first",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ENDED, ended_at__isnull=False) & ~Q(ended_by="") & ~Q(ended_reason="")
                | ~Q(state__in=ENDED) & Q(ended_at=None, ended_by="", ended_reason=""),
                name="bank_account_ends_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["livemode", "-created_at", "-id"], name="bank_account_newest_first"),
            models.Index(fields=["livemode", "state", "-created_at", "-id"], name="bank_account_by_state"),
            models.Index(fields=["party", "-created_at", "-id"], name="bank_account_by_party"),
            models.Index(fields=["fingerprint", "id"], name="bank_account_by_fingerprint"),
            models.Index(
                fields=["active_from", "id"],
                condition=Q(state=BankAccountState.PENDING, active_from__isnull=False),
                name="bank_account_cooling_off",
            ),
        ]

    def __str__(self) -> str:
        return self.account_id

    @property
    def masked(self) -> str:
        """`•••• 6789`."""
        return f"•••• {self.last4}"

    @property
    def is_cooling_off(self) -> bool:
        """Signed, and not yet paid to."""
        return self.state == BankAccountState.PENDING and self.active_from is not None
