from django.apps import AppConfig


class ValuesConfig(AppConfig):
    name = "horizon.values"
    label = "values"

    def ready(self) -> None:
        """Tells the kernel what is shown, reported, waited for and kept of people here."""
        from horizon.values import contents, kept, news, shown, waiting

        contents.declare()
        kept.declare()
        news.declare()
        shown.declare()
        waiting.declare()
