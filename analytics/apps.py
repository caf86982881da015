from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "analytics"

    def ready(self) -> None:
        """Let the audit trail follow what people set here."""
        from analytics.models import KpiTarget
        from billing import audit

        audit.track(KpiTarget, practice="")
