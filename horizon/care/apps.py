from django.apps import AppConfig


class CareConfig(AppConfig):
    name = "horizon.care"
    label = "care"

    def ready(self) -> None:
        """Tells the kernel what waits here and what is kept of people."""
        from horizon.care import kept, running, waiting
        from horizon.care.contents import contestable
        from horizon.care.finding import find_duplicates
        from horizon.care.freshness import letters, reminders
        from horizon.care.freshness import waiting as freshness_waiting
        from horizon.care.imports import upkeep
        from horizon.care.imports import waiting as imports_waiting
        from horizon.kernel.periodic import every
        from horizon.kernel.registry import declare_contestable

        waiting.declare()
        running.declare()
        kept.declare()
        declare_contestable(contestable)
        imports_waiting.declare()
        freshness_waiting.declare()
        every(1, "imports that were interrupted", upkeep.resume_imports, patience=2)
        every(24 * 60, "forget old imports", upkeep.forget_old_imports)
        every(24 * 60, "ask whether pages are still right", reminders.remind_pages)
        every(5, "tell who holds a page that a register closes it", letters.tell_closures)
        every(60, "tell who holds a page that its site fails", letters.tell_failing_sites)
        every(5, "find duplicates", find_duplicates)
