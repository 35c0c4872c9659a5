from django.apps import AppConfig


class CrossingsConfig(AppConfig):
    name = "horizon.crossings"
    label = "crossings"

    def ready(self) -> None:
        """Says what each crossing shows beside the records of a room."""
        from horizon.crossings import (
            directory_exchange,
            gaps,
            needs_directory,
            needs_exchange,
            needs_pages,
            needs_told,
            values_directory,
        )
        from horizon.crossings.network import entry as network_entry

        directory_exchange.declare()
        gaps.declare()
        needs_directory.declare()
        needs_exchange.declare()
        network_entry.declare()
        needs_pages.declare()
        needs_told.declare()
        values_directory.declare()
