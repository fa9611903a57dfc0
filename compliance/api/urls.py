from django.urls import path

from compliance.api import users, views

urlpatterns = [
    path("parties", views.PartiesView.as_view()),
    path("parties/<str:party_id>", views.PartyView.as_view()),
    path("parties/<str:party_id>/users", users.PartyUsersView.as_view()),
    path("parties/<str:party_id>/users/unlink", users.PartyUserUnlinkView.as_view()),
]
