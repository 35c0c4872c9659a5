from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "horizon.kernel"
    label = "kernel"

    def ready(self) -> None:
        """Has the worker seal the journal each minute (two sealers at once do no harm) and apply each day what is kept how long."""
        from django.utils import timezone

        from horizon.kernel import periodic, processing, sealing

        processing.declare_own()

        @periodic.every(1, periodic.SEAL, patience=1)
        def seal() -> str:
            count = sealing.seal_committed(stop=periodic.stopping)
            return f"{count} events sealed" if count else ""

        @periodic.every(24 * 60, "keep no longer than said")
        def forget() -> str:
            return processing.forget_what_is_past(timezone.now())
