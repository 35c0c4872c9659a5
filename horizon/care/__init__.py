"""Care: the upkeep of what the directory says (reports of errors today; claims, suggestions and duplicates later)."""
