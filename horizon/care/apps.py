from django.apps import AppConfig


class CareConfig(AppConfig):
    name = "horizon.care"
    label = "care"
