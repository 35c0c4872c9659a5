from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "horizon.kernel"
    label = "kernel"

    def ready(self) -> None:
        """Has the worker seal the journal and send what waits each minute (two workers at once do no harm) and apply each day what
        is kept how long."""
        from django.utils import timezone

        from horizon.kernel import interrupted, mail, periodic, processing, sealing
        from horizon.kernel import lookups as lookups  # registers `one_of`
        from horizon.kernel.naming import FreeText, declare_free_texts
        from horizon.kernel.registry import declare_personal_data

        processing.declare_own()
        declare_personal_data("mail", mail.kept_of, mail.let_go)
        declare_free_texts(FreeText("kernel.OutgoingMail", ("subject", "body")))

        @periodic.every(1, "send the messages that wait", patience=5)
        def send() -> str:
            return mail.send_waiting(timezone.now())

        @periodic.every(1, periodic.SEAL, patience=1)
        def seal() -> str:
            count = sealing.seal_committed(stop=periodic.stopping)
            return f"{count} events sealed" if count else ""

        @periodic.every(24 * 60, "keep no longer than said")
        def forget() -> str:
            return processing.forget_what_is_past(timezone.now())

        @periodic.every(15, "forget what was sent after a session ended")
        def forget_interrupted() -> str:
            count = interrupted.forget_interrupted(timezone.now())
            return f"{count} forgotten" if count else ""
