"""Addresses of the dashboard."""

from django.urls import path

from analytics import views

app_name = "analytics"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("kpis/<slug:slug>/", views.kpi_page, name="kpi"),
    path("kpis/<slug:slug>/claims/", views.kpi_claims, name="kpi-claims"),
]
