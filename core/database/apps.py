from django.apps import AppConfig


class DatabaseConfig(AppConfig):
    name = "core.database"
    label = "database"
