from django.apps import AppConfig


class BillingConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "billing"

    def ready(self) -> None:
        """Start the audit trail, now that the records are known."""
        from billing import audit, tracked

        audit.start()
        tracked.track_all()
