from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "rcm_site"
