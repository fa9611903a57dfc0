from django.db import models


class IssuerKind(models.TextChoices):
    """COGNITO tokens say `token_use` and `client_id` and have no audience; GENERIC ones say `aud`."""

    COGNITO = "COGNITO"
    GENERIC = "GENERIC"


class Standing(models.TextChoices):
    """As what a user calls. The groups of the token decide: ADMIN before PROVIDER, without either CUSTOMER."""

    CUSTOMER = "CUSTOMER"
    PROVIDER = "PROVIDER"
    ADMIN = "ADMIN"
