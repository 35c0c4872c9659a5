from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "horizon.pages"
    label = "pages"

    def ready(self) -> None:
        """Tells the kernel what is kept of people, and what is done at intervals."""
        from horizon.kernel.periodic import every
        from horizon.pages import kept, services

        kept.declare()
        every(24 * 60, "forget paths", services.forget_paths)
