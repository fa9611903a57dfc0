from django.urls import path

from core.telemetry import views

urlpatterns = [
    path("health", views.health, name="health"),
    path("ready", views.ready, name="ready"),
    path("metrics", views.show_metrics, name="metrics"),
]
