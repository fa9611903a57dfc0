"""The work list in the record browser."""

from django.contrib import admin

from core.console import RecordAdmin
from core.work.models import JobRun, WorkItem


@admin.register(WorkItem)
class WorkItemAdmin(RecordAdmin):
    work_page = ("admin:work_item", "id")
    list_display = ("id", "kind", "key", "state", "attempts", "due_at", "last_error", "created_at")


@admin.register(JobRun)
class JobRunAdmin(RecordAdmin):
    work_page = ("admin:job", "job")
    list_display = ("id", "job", "scheduled_for", "state", "attempts", "finished_at", "last_error")
