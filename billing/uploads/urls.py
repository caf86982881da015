"""Addresses of the Imports pages."""

from django.urls import path

from billing.uploads import batch_views, views

app_name = "imports"

urlpatterns = [
    path("", views.imports, name="list"),
    path("upload/", views.receive, name="receive"),
    path("uploads/<int:pk>/", views.upload, name="upload"),
    path("uploads/<int:pk>/confirm/", views.confirm, name="confirm"),
    path("uploads/<int:pk>/discard/", views.discard, name="discard"),
    path("<int:pk>/", batch_views.batch, name="batch"),
    path("<int:pk>/rejections.csv", batch_views.rejections, name="rejections"),
    path("<int:pk>/undo/", batch_views.undo, name="undo"),
]
