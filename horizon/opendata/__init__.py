"""Open data: the API, feeds and dumps. No table, no business rule. Rooms are read through their queries."""
