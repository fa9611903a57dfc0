from django.urls import path

from compliance.api import views

urlpatterns = [
    path("parties", views.PartiesView.as_view()),
    path("parties/<str:party_id>", views.PartyView.as_view()),
]
