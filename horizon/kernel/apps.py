from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "horizon.kernel"
    label = "kernel"
