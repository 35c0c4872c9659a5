from django.apps import AppConfig


class CareConfig(AppConfig):
    name = "horizon.care"
    label = "care"

    def ready(self) -> None:
        """Tells the kernel what waits here and what is kept of people."""
        from horizon.care import waiting
        from horizon.care.finding import find_duplicates
        from horizon.kernel.periodic import every

        waiting.declare()
        every(5, "find duplicates", find_duplicates)
