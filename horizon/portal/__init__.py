"""Portal: the public pages. No table, no business rule: it reads the rooms below and shows them."""
