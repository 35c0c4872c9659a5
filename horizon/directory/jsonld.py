"""The entry for machines: schema.org in JSON-LD, with nothing that the page does not show, nor that is not open."""

from copy import copy

from horizon.directory.licences import kept_under, open_up
from horizon.directory.models import Entry
from horizon.directory.said.overlay import Said

TYPES = {"association": "NGO", "fondation": "NGO", "mutuelle": "Organization", "cooperative": "Organization"}


def describe_open(entry: Entry, said: Said, url: str) -> dict:
    """What may be given away of an entry, since this block carries no licence; of one that is kept whole, its page alone."""
    if kept_under(entry, said):
        return {"@context": "https://schema.org", "@type": "Organization", "@id": url, "url": url}
    given = copy(entry)
    open_up(given, said)
    return describe(given, url)


def describe(entry: Entry, url: str) -> dict:
    """A schema.org Organization (https://schema.org/Organization); absent values are left out."""
    place: dict = {
        "@type": "PostalAddress",
        "addressLocality": entry.commune.name,
        "addressCountry": "FR",
        "streetAddress": entry.address,
        "postalCode": entry.postal_code,
    }
    described = {
        "@context": "https://schema.org",
        "@type": TYPES.get(entry.family, "Organization"),
        "@id": url,
        "url": entry.website or url,
        "name": entry.name,
        "alternateName": entry.acronym,
        "description": entry.description,
        "identifier": [
            {"@type": "PropertyValue", "propertyID": name, "value": value}
            for name, value in (("SIREN", entry.siren), ("RNA", entry.rna))
            if value
        ],
        "foundingDate": entry.created_on.isoformat() if entry.created_on else "",
        "dissolutionDate": entry.closed_on.isoformat() if entry.closed_on else "",
        "address": {name: value for name, value in place.items() if value},
    }
    if entry.lat is not None:
        described["location"] = {
            "@type": "Place",
            "geo": {"@type": "GeoCoordinates", "latitude": entry.lat, "longitude": entry.lon},
        }
    return {name: value for name, value in described.items() if value}
