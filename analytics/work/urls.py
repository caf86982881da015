"""The address of the work queue."""

from django.urls import path

from analytics.work import views

app_name = "work"

urlpatterns = [path("", views.queue, name="queue")]
