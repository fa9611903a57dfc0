from django.apps import AppConfig


class OidcConfig(AppConfig):
    name = "core.oidc"
    label = "oidc"
