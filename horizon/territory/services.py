"""Writes of the territory: loading the observatory's tables."""

from horizon.observatory.read import Marts
from horizon.territory.models import Commune, Epci


class UnknownTerritory(ValueError):
    """The code is no current EPCI; the message, in French, says what replaced it when it vanished."""


def load_territory(marts: Marts, code: str) -> Epci:
    """Loads (or refreshes) an EPCI and its communes from the marts, and returns it.

    Raises UnknownTerritory for a code that does not exist or no longer does. Call inside a transaction.
    """
    records = marts.query("SELECT * FROM epcis WHERE code = $code", {"code": code})
    if not records:
        raise UnknownTerritory(
            f"Aucune intercommunalité ne porte le code « {code} » (attendu : un SIREN de 9 chiffres)."
        )
    record = records[0]
    if record["status"] != "current":
        successors = marts.query(
            "SELECT code, name FROM epcis WHERE list_contains($codes, code) ORDER BY code",
            {"codes": list(record["replaced_by"] or [])},
        )
        names = ", ".join(f"{epci['name']} ({epci['code']})" for epci in successors) or "aucune connue"
        raise UnknownTerritory(
            f"{record['name']} ({code}) n’existe plus. Intercommunalité qui la remplace : {names}."
        )
    communes = marts.query(
        "SELECT * FROM communes WHERE epci_code = $code AND kind = 'commune-actuelle' ORDER BY code",
        {"code": code},
    )
    epci, _ = Epci.objects.update_or_create(
        code=code,
        defaults={
            "name": record["name"],
            "kind": record["kind"] or "",
            "status": record["status"],
            "replaced_by": list(record["replaced_by"] or []),
            "departments": sorted({commune["department"] for commune in communes}),
            "population": record["population"],
            "home": True,
        },
    )
    Epci.objects.filter(home=True).exclude(code=code).update(home=False)
    centroids = {
        code: (lat, lon)
        for code, lat, lon in Commune.objects.filter(epci=epci).values_list("code", "lat", "lon")
    }

    def place(commune: dict) -> tuple[float | None, float | None]:
        """The mart's centroid, else the one that was fetched with the outlines."""
        if commune["lat"] is None or commune["lon"] is None:
            return centroids.get(commune["code"], (None, None))
        return float(commune["lat"]), float(commune["lon"])

    places = {commune["code"]: place(commune) for commune in communes}
    Commune.objects.bulk_create(
        [
            Commune(
                code=commune["code"],
                name=commune["name"],
                epci=epci,
                department=commune["department"],
                region=commune["region"],
                population=commune["population"],
                population_vintage=str(commune["population_vintage"] or ""),
                postal_codes=list(commune["postal_codes"] or []),
                lat=places[commune["code"]][0],
                lon=places[commune["code"]][1],
            )
            for commune in communes
        ],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=[
            "name", "epci", "department", "region", "population", "population_vintage", "postal_codes", "lat", "lon",
        ],
    )  # fmt: skip
    Commune.objects.filter(epci=epci).exclude(code__in=[commune["code"] for commune in communes]).update(
        epci=None
    )
    return epci
