from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "horizon.directory"
    label = "directory"

    def ready(self) -> None:
        """Tells the kernel what happens here and the worker what to do by itself."""
        from horizon.actors.sorts import declare_companies
        from horizon.directory import licences, narrowing, news, polecounts, queries
        from horizon.directory.said import closing, confirming, contents, kept, photos, refresh
        from horizon.directory.sites import services as sites
        from horizon.kernel.periodic import every
        from horizon.kernel.registry import (
            declare_published_addresses,
            declare_structures_named,
            declare_unnamed,
        )

        news.declare()
        kept.declare()
        contents.declare()
        polecounts.declare()
        narrowing.declare()
        declare_structures_named(queries.named_for_a_choice)
        declare_unnamed(licences.unnamed_now)
        declare_published_addresses(queries.published_addresses)
        declare_companies(queries.companies_among)
        every(1, "lists follow what people say", refresh.refresh_directory)
        every(1440, "let confirmations age", confirming.let_confirmations_age)
        every(60, "close what nobody answered for", closing.close_after_patience)
        every(1440, "ask whether sites still answer", sites.ask_for_checks)
        every(1440, "delete removed pictures", photos.forget_removed)
