"""The addresses of the whole site."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from rcm_site import trail, views

admin.site.site_title = admin.site.site_header = "RCM dashboard"
admin.site.index_title = "Records"

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("accounts/login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("accounts/password/", views.PasswordChange.as_view(), name="change-password"),
    path("audit/", trail.audit_trail, name="audit"),
    path("admin/", admin.site.urls),
    path("claims/", include("analytics.claims.urls")),
    path("imports/", include("billing.uploads.urls")),
    path("remittances/", include("analytics.remittances.urls")),
    path("work-queue/", include("analytics.work.urls")),
    path("", include("analytics.urls")),
    path("", include("billing.urls")),
]
