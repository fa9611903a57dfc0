from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "core.console"
    label = "console"
