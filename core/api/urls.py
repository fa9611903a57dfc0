"""What the API says about itself; mounted at /v1/ before the apps' own addresses."""

from django.urls import path

from core.api import documents

urlpatterns = [
    path("schema", documents.schema, name="api-schema"),
    path("docs", documents.docs, name="api-docs"),
    path("docs/errors", documents.errors, name="api-errors"),
]
