from django.apps import AppConfig


class ActorsConfig(AppConfig):
    name = "horizon.actors"
    label = "actors"

    def ready(self) -> None:
        """Tells the kernel what happens and waits here and what is kept of people."""
        from horizon.actors import contents, news, processing, waiting
        from horizon.actors.services import people
        from horizon.kernel.periodic import every

        contents.declare()
        news.declare()
        waiting.declare()
        processing.declare()
        every(60, "forget people who never entered", people.forget_strangers)
