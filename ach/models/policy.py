"""What each return code leads to, from a date on."""

from django.db import models
from django.db.models import Q


class ReturnPolicy(models.Model):
    """One row per code and date. The row of a code with the latest `effective_from` that has come is in force.

    `retries` is how often the entry may be sent again; `stops_account`, `stops_authorization`, `freezes_party` and
    `to_compliance` are what happens at once. A row that was not shipped names the approval that signed it.
    """

    code = models.CharField(max_length=3)
    effective_from = models.DateField()
    retries = models.PositiveSmallIntegerField(default=0)
    stops_account = models.BooleanField(default=False)
    stops_authorization = models.BooleanField(default=False)
    freezes_party = models.BooleanField(default=False)
    to_compliance = models.BooleanField(default=False)
    reason = models.CharField(max_length=200)
    approval_id = models.CharField(max_length=40, blank=True, default="", db_default="")
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "effective_from"], name="return_policy_is_one_a_day"),
            models.UniqueConstraint(
                fields=["approval_id"], condition=~Q(approval_id=""), name="return_policy_is_signed_for_itself"
            ),
            models.CheckConstraint(condition=Q(retries__lte=2), name="return_policy_allows_two_retries"),
        ]

    def __str__(self) -> str:
        return f"{self.code} from {self.effective_from}"
