from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "horizon.directory"
    label = "directory"
