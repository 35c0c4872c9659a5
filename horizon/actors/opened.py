"""django-allauth keeps which sessions are open, but writes the address that each came from: here `sessions.py` writes the rows."""

from allauth.usersessions.apps import UserSessionsConfig


class OpenedConfig(UserSessionsConfig):
    """The table of allauth without its listeners, so that no network address is ever written."""

    def ready(self) -> None:
        """Listens to nothing."""
