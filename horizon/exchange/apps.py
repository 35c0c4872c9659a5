from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "horizon.exchange"
    label = "exchange"

    def ready(self) -> None:
        """Tells the kernel what happens and waits here, what may be reported, what is kept of people, and what is done at intervals."""
        from horizon.exchange import contents, news, processing, waiting
        from horizon.exchange.services.lapsing import follow_proposals
        from horizon.exchange.services.picturing import forget_removed_pictures
        from horizon.exchange.services.upkeep import expire_listings, remind_holders
        from horizon.kernel.periodic import every

        contents.declare()
        news.declare()
        waiting.declare()
        processing.declare()
        every(60, "expire listings", expire_listings)
        every(24 * 60, "remind holders", remind_holders)
        every(24 * 60, "follow proposals", follow_proposals)
        every(24 * 60, "delete removed photos of listings", forget_removed_pictures)
