from django.db import models


class EndpointStatus(models.TextChoices):
    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    DELETED = "DELETED"


class DisabledBecause(models.TextChoices):
    """ASKED by a person or a key, GONE by an answer 410, FAILING after days without one success."""

    ASKED = "ASKED"
    GONE = "GONE"
    FAILING = "FAILING"


class DeliveryStatus(models.TextChoices):
    """What the states of a claimable row are called outside: DUE, RUNNING, DONE, PARKED."""

    PENDING = "PENDING"
    SENDING = "SENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class Result(models.TextChoices):
    """How one attempt ended. Everything but DELIVERED is tried again, GONE after the endpoint is enabled again."""

    DELIVERED = "DELIVERED", "answered 2xx"
    BAD_STATUS = "BAD_STATUS", "answered with another status"
    REDIRECT = "REDIRECT", "answered with a redirect, which is never followed"
    GONE = "GONE", "answered 410: the endpoint wants nothing more"
    ADDRESS_REFUSED = "ADDRESS_REFUSED", "its name leads to an address that is not public"
    NAME_UNKNOWN = "NAME_UNKNOWN", "its name is unknown"
    CONNECT_FAILED = "CONNECT_FAILED", "nobody took the connection"
    TLS_FAILED = "TLS_FAILED", "no valid certificate for its name"
    TIMEOUT = "TIMEOUT", "no answer in time"
    CUT_OFF = "CUT_OFF", "the connection ended before an answer"
