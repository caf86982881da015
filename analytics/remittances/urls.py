"""Addresses of the remittances."""

from django.urls import path

from analytics.remittances import exception_views, unmatched_views, views

app_name = "remittances"

urlpatterns = [
    path("", views.remittance_list, name="list"),
    path("<int:pk>/", views.remittance, name="remittance"),
    path("<int:pk>/post/", views.post, name="post"),
    path("<int:pk>/set-aside/", views.set_aside, name="set-aside"),
    path("unmatched/", unmatched_views.unmatched, name="unmatched"),
    path("unmatched/<int:pk>/", unmatched_views.decision, name="decision"),
    path("unmatched/<int:pk>/link/<int:claim>/", unmatched_views.link, name="link"),
    path("unmatched/<int:pk>/keep-aside/", unmatched_views.keep_aside, name="keep-aside"),
    path("unmatched/<int:pk>/put-back/", unmatched_views.put_back, name="put-back"),
    path("unbalanced/", exception_views.unbalanced, name="unbalanced"),
    path("unbalanced/claims/", exception_views.unbalanced_claims, name="unbalanced-claims"),
    path("unknown-codes/", exception_views.unknown_codes, name="unknown-codes"),
    path(
        "unmapped-departments/",
        exception_views.unmapped_departments,
        name="unmapped-departments",
    ),
]
