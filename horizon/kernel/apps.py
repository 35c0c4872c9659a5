from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "horizon.kernel"
    label = "kernel"

    def ready(self) -> None:
        """Has the worker seal the journal, once a minute; two sealers at once do no harm."""
        from horizon.kernel import periodic, sealing

        @periodic.every(1, "seal the journal", patience=1)
        def seal() -> str:
            count = sealing.seal_committed(stop=periodic.stopping)
            return f"{count} events sealed" if count else ""
