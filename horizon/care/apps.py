from django.apps import AppConfig


class CareConfig(AppConfig):
    name = "horizon.care"
    label = "care"

    def ready(self) -> None:
        """Tells the kernel what waits here and what is kept of people."""
        from horizon.care import kept, waiting
        from horizon.care.finding import find_duplicates
        from horizon.care.imports import upkeep
        from horizon.care.imports import waiting as imports_waiting
        from horizon.care.imports.applying import resume_imports
        from horizon.kernel.periodic import every

        waiting.declare()
        kept.declare()
        imports_waiting.declare()
        every(1, "imports that were interrupted", resume_imports, patience=2)
        every(24 * 60, "forget old imports", upkeep.forget_old_imports)
        every(5, "find duplicates", find_duplicates)
