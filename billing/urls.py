"""Addresses of the pages on which records are found, read and entered."""

from django.urls import path

from billing.entry import entering, views

app_name = "billing"

urlpatterns = [
    path("patients/", views.patients, name="patients"),
    path("patients/add/", entering.add_patient, name="add-patient"),
    path("patients/<uuid:pk>/", views.patient, name="patient"),
    path("patients/<uuid:pk>/edit/", entering.edit_patient, name="edit-patient"),
    path("patients/<uuid:pk>/encounters/add/", entering.add_encounter, name="add-encounter"),
    path("encounters/<uuid:pk>/", views.encounter, name="encounter"),
    path("encounters/<uuid:pk>/edit/", entering.edit_encounter, name="edit-encounter"),
    path("encounters/<uuid:pk>/line-items/add/", entering.add_line_item, name="add-line-item"),
    path("line-items/<int:pk>/edit/", entering.edit_line_item, name="edit-line-item"),
    path("line-items/<int:pk>/remove/", entering.remove_line_item, name="remove-line-item"),
    path("procedure-codes/", views.procedure_codes, name="procedure-codes"),
]
