from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    name = "horizon.territory"
    label = "territory"
