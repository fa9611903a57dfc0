"""Whether the place where an originator's bank leaves its files can be reached."""

from django.db import models
from django.db.models import Q


class Mailbox(models.Model):
    """A row once a fetch has failed. `failed_tries` in a row, the first at `failing_since`; 0 while it works.

    `alarmed_at` is when operations heard of it, for as long as it lasts.
    """

    originator = models.OneToOneField("ach.Originator", on_delete=models.PROTECT, related_name="mailbox")
    failed_tries = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    alarmed_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(failed_tries=0, failing_since=None, next_try_at=None, alarmed_at=None, problem="")
                | Q(failed_tries__gt=0, failing_since__isnull=False, next_try_at__isnull=False),
                name="mailbox_fails_since_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.originator_id}: {self.failed_tries} failed tries"
