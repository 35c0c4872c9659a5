"""Is it the same organisation? (doublons) Keys that bring records together, facts between two, a decision, groups."""
