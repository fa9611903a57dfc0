from django.apps import AppConfig


class WorkConfig(AppConfig):
    name = "core.work"
    label = "work"
