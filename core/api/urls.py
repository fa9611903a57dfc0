"""What the API says about itself; mounted at /v1/ before the apps' own addresses."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
