from django.urls import path

from escrow.api import views

urlpatterns = [path("escrows/<str:escrow_id>", views.EscrowView.as_view())]
