from django.urls import path

from escrow.api import actions, amendments, disputes, reconciliation, views

urlpatterns = [
    path("escrow-reconciliations", reconciliation.ReconciliationsView.as_view()),
    path("escrow-reconciliations/<str:reconciliation_id>", reconciliation.ReconciliationView.as_view()),
    path("escrows", views.Escrows.as_view()),
    path("escrows/<str:escrow_id>", views.Escrow.as_view()),
    path("escrows/<str:escrow_id>/fund", actions.Funding.as_view()),
    path("escrows/<str:escrow_id>/conditions/<str:condition_id>/satisfy", actions.Satisfaction.as_view()),
    path("escrows/<str:escrow_id>/conditions/<str:condition_id>/accept", actions.Acceptance.as_view()),
    path("escrows/<str:escrow_id>/release", actions.Release.as_view()),
    path("escrows/<str:escrow_id>/refund", actions.Refund.as_view()),
    path("escrows/<str:escrow_id>/dispute", disputes.DisputeView.as_view()),
    path("escrows/<str:escrow_id>/dispute/withdraw", disputes.DisputeWithdrawal.as_view()),
    path("escrows/<str:escrow_id>/evidence", disputes.EvidenceView.as_view()),
    path("escrows/<str:escrow_id>/disputes", disputes.Disputes.as_view()),
    path("escrows/<str:escrow_id>/terms", amendments.TermsVersions.as_view()),
    path("escrows/<str:escrow_id>/terms/agree", amendments.FirstAgreement.as_view()),
    path("escrows/<str:escrow_id>/amendments", amendments.Amendments.as_view()),
    path("escrows/<str:escrow_id>/amendments/<str:version>/agree", amendments.AmendmentAgreement.as_view()),
    path("escrows/<str:escrow_id>/amendments/<str:version>/reject", amendments.AmendmentRejection.as_view()),
]
