from django.apps import AppConfig


class OpendataConfig(AppConfig):
    name = "horizon.opendata"
    label = "opendata"
