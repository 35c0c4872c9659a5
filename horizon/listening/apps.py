from django.apps import AppConfig


class ListeningConfig(AppConfig):
    name = "horizon.listening"
    label = "listening"

    def ready(self) -> None:
        """Tells the kernel what happens and waits here, what is kept of people, and what is done at intervals."""
        from horizon.kernel.periodic import every
        from horizon.listening import contents, news, processing, waiting
        from horizon.listening.services.upkeep import escalate_late_needs, forget_addresses

        contents.declare()
        news.declare()
        waiting.declare()
        processing.declare()
        every(60, "late needs", escalate_late_needs)
        every(24 * 60, "forget voices", forget_addresses)
