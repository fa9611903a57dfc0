from django.apps import AppConfig


class SwitchesConfig(AppConfig):
    name = "core.switches"
    label = "switches"
