"""Addresses of the claims. No address names a patient."""

from django.urls import path

from analytics.claims import bulk_views, claim_views, views

app_name = "claims"

urlpatterns = [
    path("", views.claim_list, name="list"),
    path("patient/", views.patient_search, name="patient"),
    path("bulk/", bulk_views.choose, name="bulk"),
    path("bulk/confirm/", bulk_views.confirm, name="bulk-confirm"),
    path("bulk/report/", bulk_views.report, name="bulk-report"),
    path("<int:pk>/", claim_views.claim, name="claim"),
    path("<int:pk>/<slug:action>/", claim_views.act, name="act"),
]
