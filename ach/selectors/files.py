"""Reads of files and cutoffs, without their content."""

from typing import ClassVar

from django.db.models import QuerySet

from ach.models import Cutoff, File
from core.errors import Refusal


class FileNotFound(Refusal):
    code: ClassVar[str] = "ACH_FILE_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such file"


def get(file_id: str) -> File:
    """With its originator and cutoff. Raises FileNotFound."""
    found = _whole().filter(public_id=file_id).first()
    if found is None:
        raise FileNotFound(f"no file is named {file_id[:40]}")
    return found


def list_newest(*, livemode: bool, state: str = "") -> QuerySet[File]:
    """For lists; empty means any state."""
    found = _whole().filter(livemode=livemode).order_by("-created_at", "-pk")
    return found.filter(state=state) if state else found


def of_cutoff(cutoff: Cutoff) -> list[File]:
    return list(_whole().filter(cutoff=cutoff).order_by("pk"))


def cutoffs_newest(*, livemode: bool) -> QuerySet[Cutoff]:
    return Cutoff.objects.filter(livemode=livemode).select_related("originator").order_by("-at", "-pk")


def _whole() -> QuerySet[File]:
    return File.objects.select_related("originator", "cutoff").defer("content")
