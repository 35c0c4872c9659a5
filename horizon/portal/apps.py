from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "horizon.portal"
    label = "portal"
