from django.apps import AppConfig


class OpenDataConfig(AppConfig):
    name = "horizon.opendata"
    label = "opendata"

    def ready(self) -> None:
        """Tells the worker to keep the dumps fresh."""
        from horizon.kernel.periodic import every
        from horizon.opendata.dumps import freshen

        every(60, "open data", freshen)
