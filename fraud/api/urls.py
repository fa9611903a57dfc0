from django.urls import path

from fraud.api import analytics, rules_views, views

urlpatterns = [
    path("fraud/evaluations", views.EvaluationsView.as_view()),
    path("fraud/scores/<str:transaction_id>", views.ScoreView.as_view()),
    path("fraud/reports", views.ReportsView.as_view()),
    path("fraud/history", views.HistoryView.as_view()),
    path("fraud/rules", rules_views.RulesView.as_view()),
    path("fraud/analytics", analytics.AnalyticsView.as_view()),
]
