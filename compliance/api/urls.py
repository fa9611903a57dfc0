from django.urls import path

from compliance.api import bank_accounts, users, views

urlpatterns = [
    path("parties", views.PartiesView.as_view()),
    path("parties/<str:party_id>", views.PartyView.as_view()),
    path("parties/<str:party_id>/users", users.PartyUsersView.as_view()),
    path("parties/<str:party_id>/users/unlink", users.PartyUserUnlinkView.as_view()),
    path("bank-accounts", bank_accounts.BankAccountsView.as_view()),
    path("bank-accounts/<str:account_id>", bank_accounts.BankAccountView.as_view()),
    path("bank-accounts/<str:account_id>/retire", bank_accounts.BankAccountRetireView.as_view()),
]
