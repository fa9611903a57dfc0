from django.urls import path

from payments.api import account_verifications, chargebacks, payouts, tokens, transfers, views

urlpatterns = [
    path("payments", views.Payments.as_view()),
    path("payments/validate", views.PaymentValidation.as_view()),
    path("payments/<str:payment_id>", views.Payment.as_view()),
    path("payments/<str:payment_id>/cancel", views.PaymentCancellation.as_view()),
    path("payments/<str:payment_id>/refunds", views.Refunds.as_view()),
    path("payments/<str:payment_id>/chargebacks", chargebacks.PaymentChargebacks.as_view()),
    path("chargebacks/<str:chargeback_id>", chargebacks.OneChargeback.as_view()),
    path("card-tokens", tokens.CardTokens.as_view()),
    path("card-tokens/<str:token>/reveal", tokens.CardReveal.as_view()),
    path("ach-transfers", transfers.Transfers.as_view()),
    path("ach-transfers/<str:transfer_id>", transfers.Transfer.as_view()),
    path("ach-transfers/<str:transfer_id>/cancel", transfers.TransferCancellation.as_view()),
    path("ach-transfers/<str:transfer_id>/reverse", transfers.TransferReversal.as_view()),
    path("bank-accounts/<str:account_id>/verifications", account_verifications.Verifications.as_view()),
    path(
        "bank-accounts/<str:account_id>/verifications/<str:verification_id>/confirm",
        account_verifications.VerificationConfirmation.as_view(),
    ),
    path("payouts", payouts.Payouts.as_view()),
    path("payouts/<str:payout_id>", payouts.Payout.as_view()),
    path("payout-schedules", payouts.PayoutSchedules.as_view()),
    path("payout-schedules/<str:provider_id>", payouts.PayoutScheduleOfParty.as_view()),
    path("payout-schedules/<str:provider_id>/pause", payouts.PayoutSchedulePause.as_view()),
    path("payout-schedules/<str:provider_id>/resume", payouts.PayoutScheduleResumption.as_view()),
]
