from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    name = "horizon.subscriptions"
    label = "subscriptions"

    def ready(self) -> None:
        """Tells the kernel what is kept of people, and what is written and sent at intervals."""
        from horizon.kernel.periodic import every
        from horizon.subscriptions import personal, processing
        from horizon.subscriptions.services import composing, following, sending

        personal.declare()
        processing.declare()
        every(30, "write digests", composing.write_letters, patience=30)
        every(0.25, "send messages", sending.send_messages, patience=15)
        every(24 * 60, "forget who follows nothing", following.forget_old)
