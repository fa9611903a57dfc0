from django.db import models
from django.db.models import Q

from ledger.enums import Book


class AccountKind(models.Model):
    """The chart of accounts as the database knows it; rows come with migrations (`ledger.chart` holds the same)."""

    prefix = models.CharField(max_length=32, primary_key=True)
    per_owner = models.BooleanField()
    sign = models.SmallIntegerField()
    min_balance_minor = models.BigIntegerField(null=True)
    hot = models.BooleanField()
    one_currency = models.BooleanField()
    title = models.CharField(max_length=80)

    class Meta:
        managed = False
        db_table = "ledger_account_kind"

    def __str__(self) -> str:
        return self.prefix


class Account(models.Model):
    """One account of one book in one currency. Written once, when the first entry touches it.

    The rules of the kind are copied at that moment: `sign` is 1 for debit-normal and -1 for credit-normal.
    """

    book = models.CharField(max_length=4, choices=Book.choices)
    code = models.CharField(max_length=100)
    currency = models.CharField(max_length=3)
    # No database constraint: a key-share lock on the kind's row by every account that opens would make it hot.
    kind = models.ForeignKey(
        AccountKind, on_delete=models.PROTECT, db_constraint=False, db_column="kind", related_name="+", db_index=False
    )
    sign = models.SmallIntegerField()
    min_balance_minor = models.BigIntegerField(null=True)
    hot = models.BooleanField()
    one_currency = models.BooleanField()
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "code", "currency"], name="account_opens_once"),
            models.UniqueConstraint(
                fields=["book", "code"], condition=Q(one_currency=True), name="account_keeps_its_currency"
            ),
            models.CheckConstraint(condition=Q(book__in=Book.values), name="account_book_is_known"),
            models.CheckConstraint(condition=Q(sign__in=[1, -1]), name="account_sign_is_debit_or_credit"),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="account_currency_is_a_code_of_three_letters"
            ),
        ]
        indexes = [models.Index(fields=["book", "kind", "id"], name="account_by_kind")]

    def __str__(self) -> str:
        return f"{self.code} {self.currency} ({self.book})"
