from django.apps import AppConfig


class ReliefConfig(AppConfig):
    name = "horizon.relief"
    label = "relief"

    def ready(self) -> None:
        """Tells the kernel what waits here, what may be reported, what is kept of people, and what is done at intervals."""
        from horizon.kernel.periodic import every
        from horizon.relief import contents, processing, waiting
        from horizon.relief.services import upkeep

        contents.declare()
        waiting.declare()
        processing.declare()
        every(1, "widen urgent calls", upkeep.widen_calls, patience=5)
        every(24 * 60, "erase old urgent calls", upkeep.erase_old_calls)
        every(24 * 60, "ask silent volunteers", upkeep.ask_silent_volunteers)
