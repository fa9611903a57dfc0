"""How the API describes itself: OpenAPI 3.1 out of the views' own declarations."""

from drf_spectacular.openapi import AutoSchema


class ApiSchema(AutoSchema):
    """One operation."""
