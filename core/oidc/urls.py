"""The keys of the issuer that the program plays for itself; mounted where the settings say so."""

from django.urls import path

from core.oidc import local_issuer, views

urlpatterns = [path(f"{local_issuer.PATH.lstrip('/')}/.well-known/jwks.json", views.keys, name="local-issuer-keys")]
