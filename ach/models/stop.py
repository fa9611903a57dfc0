"""A bank account that entries no longer go to, because of what came back."""

from django.db import models
from django.db.models import Q

from ach.enums import StopScope


class AccountStop(models.Model):
    """`fingerprint` is that of the account: entered anew, by whomever, it is the same account and stopped too.

    `item` is the return that caused it. Two people lift it: then `approval_id` is what they signed.
    """

    public_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    account = models.ForeignKey("compliance.BankAccount", on_delete=models.PROTECT, related_name="+", db_index=False)
    fingerprint = models.CharField(max_length=64)
    scope = models.CharField(max_length=6, choices=StopScope)
    code = models.CharField(max_length=3)
    item = models.ForeignKey("ach.InboundItem", on_delete=models.PROTECT, related_name="stops")
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=120, blank=True, default="")
    approval_id = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint", "scope"], condition=Q(lifted_at=None), name="ach_stop_stands_once"
            ),
            models.CheckConstraint(condition=Q(scope__in=StopScope.values), name="ach_stop_scope_is_known"),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by="", approval_id="")
                | (Q(lifted_at__isnull=False) & ~Q(lifted_by="") & ~Q(approval_id="")),
                name="ach_stop_is_lifted_with_signatures",
            ),
        ]
        indexes = [models.Index(fields=["account", "-id"], name="ach_stop_by_account")]

    def __str__(self) -> str:
        return self.public_id
