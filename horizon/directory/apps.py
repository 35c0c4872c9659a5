from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "horizon.directory"
    label = "directory"

    def ready(self) -> None:
        """Tells the worker what to do by itself."""
        from horizon.directory.said import photos, refresh
        from horizon.kernel.periodic import every

        every(1, "lists follow what people say", refresh.refresh_directory)
        every(1440, "delete removed pictures", photos.forget_removed)
