"""Named lists that rules ask, and their entries. Every entry ends by itself."""

from django.db import models
from django.db.models import F, Q

from fraud.enums import ListEffect, ListKind


class List(models.Model):
    """Rules ask it as `list_<name>`. Its name, kind and effect stay; `owner` answers for it: an actor."""

    name = models.CharField(max_length=50, unique=True)
    kind = models.CharField(max_length=8, choices=ListKind)
    effect = models.CharField(max_length=5, choices=ListEffect)
    purpose = models.CharField(max_length=200)
    owner = models.CharField(max_length=140)
    created_by = models.CharField(max_length=140)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ListKind.values), name="list_kind_is_known"),
            models.CheckConstraint(condition=Q(effect__in=ListEffect.values), name="list_effect_is_known"),
        ]

    def __str__(self) -> str:
        return self.name


class ListEntry(models.Model):
    """`value` is what payments are compared with: a party's id, a fingerprint, a keyed hash, never a card number.

    It counts from `added_at` until `expires_at` or `ended_at`, whichever comes first. An entry of an ALLOW list names
    the executed approval of a second person; the database asks for it.
    """

    entry_id = models.CharField(max_length=40, unique=True)
    list = models.ForeignKey(List, on_delete=models.PROTECT, related_name="entries")
    livemode = models.BooleanField()
    value = models.CharField(max_length=128)
    reason = models.CharField(max_length=500)
    approval_id = models.CharField(max_length=40, blank=True)
    added_by = models.CharField(max_length=140)
    added_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=140, blank=True)
    ended_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["list", "livemode", "-id"], name="list_entry_by_list"),
            models.Index(fields=["value"], name="list_entry_by_value"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(reason="") & ~Q(value=""), name="list_entry_has_value_and_reason"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("added_at")), name="list_entry_expires_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by="", ended_reason="")
                | (Q(ended_at__isnull=False) & ~Q(ended_by="") & ~Q(ended_reason="")),
                name="ended_list_entry_says_why",
            ),
            models.UniqueConstraint(
                fields=["approval_id"], condition=~Q(approval_id=""), name="list_approval_is_used_once"
            ),
        ]

    def __str__(self) -> str:
        return self.entry_id


class ListVersion(models.Model):
    """One row: counted up by the database with every change of any list, in the same transaction."""

    number = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="lists_have_one_version")]
