from django.apps import AppConfig


class ActorsConfig(AppConfig):
    name = "horizon.actors"
    label = "actors"
