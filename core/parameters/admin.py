from django.contrib import admin

from core.console.records import RecordAdmin
from core.parameters.models import Parameter


@admin.register(Parameter)
class ParameterAdmin(RecordAdmin):
    list_display = ("name", "value", "effective_from", "created_by", "reason")
    search_fields = ("name",)
