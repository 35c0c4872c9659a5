"""Care: the upkeep of what the directory says (reports of errors, claims, suggestions, missing structures, duplicates)."""
