from django.urls import path

from core.webhooks.api import views

urlpatterns = [
    path("webhook-endpoints", views.WebhookEndpoints.as_view()),
    path("webhook-endpoints/<str:endpoint_id>", views.WebhookEndpoint.as_view()),
    path("webhook-endpoints/<str:endpoint_id>/rotate-secret", views.WebhookSecretRotation.as_view()),
    path("webhook-endpoints/<str:endpoint_id>/test", views.WebhookTest.as_view()),
    path("webhook-endpoints/<str:endpoint_id>/deliveries", views.WebhookDeliveries.as_view()),
    path("events", views.Events.as_view()),
    path("events/<str:event_id>", views.Event.as_view()),
    path("events/<str:event_id>/redeliver", views.EventRedelivery.as_view()),
]
