"""Reading accounts."""

from datetime import datetime

from django.db.models.functions import Coalesce

from core.staff.models import User


def list_dormant(*, before: datetime) -> list[int]:
    """Ids of open accounts that nobody has signed in to since `before`; an account is as old as its last reset."""
    active = User.objects.annotate(since=Coalesce("last_login", "created_at"))
    return list(active.filter(is_active=True, since__lt=before).order_by("pk").values_list("pk", flat=True))
