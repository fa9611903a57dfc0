from django.urls import path

from payments.api import tokens, views

urlpatterns = [
    path("payments", views.Payments.as_view()),
    path("payments/validate", views.PaymentValidation.as_view()),
    path("payments/<str:payment_id>", views.Payment.as_view()),
    path("payments/<str:payment_id>/cancel", views.PaymentCancellation.as_view()),
    path("payments/<str:payment_id>/refunds", views.Refunds.as_view()),
    path("card-tokens", tokens.CardTokens.as_view()),
    path("card-tokens/<str:token>/reveal", tokens.CardReveal.as_view()),
]
