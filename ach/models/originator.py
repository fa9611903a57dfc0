"""In whose name entries go to which bank, and how files reach it."""

from django.db import models
from django.db.models import Q

from ach.enums import TransportKind


class Originator(models.Model):
    """One company at one bank (ODFI), as file and batch headers name them.

    `company_id`, `destination` and `origin` are the ten columns as agreed with the bank. `transport` is how files go
    out and come in; `settings` are its addresses and folders, never a secret. `next_trace` is the seven digits that the
    next entry gets: a number is not used again before all the others were.
    """

    public_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    name = models.CharField(max_length=16)
    company_id = models.CharField(max_length=10)
    odfi_routing = models.CharField(max_length=9)
    destination = models.CharField(max_length=10)
    destination_name = models.CharField(max_length=23)
    origin = models.CharField(max_length=10)
    origin_name = models.CharField(max_length=23)
    transport = models.CharField(max_length=10, choices=TransportKind)
    settings = models.JSONField(default=dict)
    next_trace = models.PositiveIntegerField(default=1)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["livemode", "company_id", "odfi_routing"], name="originator_is_one_company_at_one_bank"
            ),
            models.UniqueConstraint(
                fields=["livemode"],
                condition=Q(is_default=True, closed_at=None),
                name="originator_default_is_one_a_mode",
            ),
            models.CheckConstraint(
                condition=Q(transport__in=TransportKind.values), name="originator_transport_is_known"
            ),
            models.CheckConstraint(
                condition=Q(livemode=False) | ~Q(transport=TransportKind.SANDBOX),
                name="originator_live_has_no_sandbox",
            ),
            models.CheckConstraint(
                condition=Q(odfi_routing__regex=r"^[0-9]{9}$"), name="originator_bank_is_nine_digits"
            ),
            models.CheckConstraint(
                condition=Q(next_trace__gte=1, next_trace__lte=9_999_999), name="originator_trace_has_seven_digits"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id
