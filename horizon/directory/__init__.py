"""Directory (annuaire): the published list, the search, the entry page and the evidence behind each field."""
