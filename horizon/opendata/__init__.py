"""Open data (données ouvertes): the API, the Atom feeds, the weekly dumps, the embeds.

It says again, for machines and for others' sites, what the public pages say, and nothing else. It owns no table and no
business rule; it refuses whatever is not public, or not free to reuse: a home's street, a person's listing, a held
text, a source that asks to share alike.
"""
