from django.apps import AppConfig


class CrossingsConfig(AppConfig):
    name = "horizon.crossings"
    label = "crossings"

    def ready(self) -> None:
        """Says what each crossing shows beside the records of a room."""
        from horizon.crossings import needs_directory, needs_exchange

        needs_directory.declare()
        needs_exchange.declare()
