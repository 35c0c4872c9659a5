"""All the writes of subscriptions."""
