"""What people keep of the console itself."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class SavedView(models.Model):
    """A list page with its filters under a name. `role` is empty for a view of one's own, else who shares it.

    `query` is the filter as an address writes it, without where the reader was in the list. A `pinned` view is what
    its owner's navigation opens instead of the bare page.
    """

    public_id = models.CharField(max_length=40, unique=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    page = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=600, blank=True)
    role = models.CharField(max_length=40, blank=True)
    pinned = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "page", "name"], name="saved_view_name_is_used_once"),
            models.UniqueConstraint(
                fields=["owner", "page"], condition=Q(pinned=True), name="one_view_of_a_page_is_pinned"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_a_name"),
        ]
        indexes = [models.Index(fields=["role", "page"], condition=~Q(role=""), name="saved_view_by_role")]

    def __str__(self) -> str:
        return self.name
