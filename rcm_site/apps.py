from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "rcm_site"

    def ready(self) -> None:
        """Keep the groups as `rcm_site.groups` says."""
        from rcm_site import groups

        groups.start()
