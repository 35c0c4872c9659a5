"""The indicators of a panorama: each with its definition, method, source, vintage and unit."""

from __future__ import annotations

from collections import Counter
from statistics import median

from horizon.engine.staff import BANDS, size_class
from horizon.observatory.panorama.secrecy import jobs_interval
from horizon.observatory.panorama.territory import PEERS_METHOD, WITHOUT_RNA, Territory, compared, find
from horizon.observatory.read import Marts

FAMILIES = {"association": "Associations", "cooperative": "Coopératives", "mutuelle": "Mutuelles", "fondation": "Fondations",
            "societe": "Sociétés commerciales de l’ESS", "autre": "Autres formes"}  # fmt: skip
DOORS = {"instruire": "S’instruire", "soigner": "Se soigner", "loger": "Se loger", "deplacer": "Se déplacer",
         "nourrir": "Se nourrir", "vetir": "Se vêtir", "divertir": "Se divertir", "participer": "Participer"}  # fmt: skip
POLES = {"transition": "Transition écologique", "territoires": "Territoires attractifs et innovants",
         "emploi": "Emploi et création d’entreprises", "habitat": "Habitat et mobilité solidaire",
         "proximite": "Services de proximité", "alimentation": "Alimentation locale et saine",
         "sante": "Bien vivre et bonne santé"}  # fmt: skip
SIZES = {"inconnue": "Effectif inconnu", "0": "Aucun salarié", "1-9": "1 à 9", "10-49": "10 à 49", "50-249": "50 à 249",
         "250": "250 et plus"}  # fmt: skip
REGISTERS = "Sirene (Insee) et RNA"
SIRENE = "Sirene (Insee)"
YEARS = 15
WHOLE = 0.9


def panorama(marts: Marts, code: str) -> dict:
    """The panorama of a territory as plain values: `territory`, `vintage`, `notes`, `indicators`.

    Each indicator: code, title, definition, method, source, vintage, unit, columns, rows (label, values…). Raises BadInput.
    """
    territory = find(marts, code)
    marts.connection.execute("CREATE OR REPLACE TEMP TABLE here (commune_code VARCHAR)")
    marts.connection.execute(
        "INSERT INTO here SELECT unnest(CAST($codes AS VARCHAR[]))", {"codes": list(territory.communes)}
    )
    marts.connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE around AS
        SELECT o.org_id, o.family, o.naf_rev2, o.employees_band, o.is_employer, o.created_on, o.closed_on, o.active,
            o.updated_on, o.declared_on, o.seat_commune, o.state_rule
        FROM organizations o WHERE o.in_perimeter AND o.seat_commune IN (SELECT commune_code FROM here)
        """
    )
    vintage = str(marts.manifest["vintage"])
    builder = _Builder(marts, territory, vintage)
    indicators = [
        builder.numbers(), builder.shares(), builder.families(), builder.doors(), builder.poles(), builder.sections(),
        builder.sizes(), builder.jobs(), builder.creations(), builder.closures(), builder.ages(), builder.communes(),
        builder.nobody(), builder.comparison(),
    ]  # fmt: skip
    return {
        "territory": {"code": territory.code, "key": territory.key, "level": territory.level, "name": territory.name,
                      "population": territory.population, "communes": len(territory.communes)},
        "vintage": vintage,
        "synthetic": bool(marts.manifest.get("synthetic")),
        "run": marts.manifest["run_id"],
        "notes": _notes(territory, bool(marts.manifest.get("synthetic"))),
        "indicators": [indicator for indicator in indicators if indicator["rows"]],
    }  # fmt: skip


def _notes(territory: Territory, synthetic: bool) -> list[str]:
    notes = []
    if synthetic:
        notes.append(
            "Données fictives de démonstration : les registres lus sont inventés ; communes et populations sont réelles."
        )
    departments = {code[:2] for code in territory.communes} & set(WITHOUT_RNA)
    if departments:
        names = ", ".join(WITHOUT_RNA[code] for code in sorted(departments))
        notes.append(f"Le RNA ne couvre pas : {names}. Les associations sans SIREN y manquent.")
    notes.append(
        "Les registres sont une photographie : seules les créations et les fermetures se comptent par année."
    )
    return notes


class _Builder:
    def __init__(self, marts: Marts, territory: Territory, vintage: str):
        self.marts, self.territory, self.vintage = marts, territory, vintage
        self.rows = marts.query("SELECT * FROM around ORDER BY org_id")
        self.open = [row for row in self.rows if row["active"]]
        self.totals = self._official(territory.key)

    def _official(self, key: str) -> dict[str, int]:
        found = self.marts.query(
            "SELECT indicator, value FROM indicators WHERE territory = $key AND dimensions = '{}'",
            {"key": key},
        )
        return {row["indicator"]: int(row["value"]) for row in found}

    def _indicator(self, code: str, title: str, definition: str, method: str, unit: str, columns: list[str],
                   rows: list[list], source: str = REGISTERS, chart: str = "bars") -> dict:  # fmt: skip
        return {
            "code": code, "title": title, "definition": definition, "method": method, "unit": unit, "source": source,
            "vintage": self.vintage, "columns": columns, "rows": rows, "chart": chart,
        }  # fmt: skip

    def numbers(self) -> dict:
        employers = sum(bool(row["is_employer"]) for row in self.open)
        state = sum(bool(row["state_rule"]) for row in self.open)
        density = 1000 * len(self.open) / self.territory.population if self.territory.population else None
        return self._indicator(
            "numbers", "Combien", "Structures ouvertes qui ont un motif d’être dans l’ESS et aucune exclusion.",
            "Comptées à la commune de leur siège ; la règle de l’État ne retient que la liste ESS France ou la case Insee.",
            "structures", ["Mesure", "Valeur"],
            [["Structures ouvertes", len(self.open)], ["dont employeuses", employers], ["dont retenues par la règle de l’État", state],
             ["Structures pour 1 000 habitants", None if density is None else round(density, 1)]],
            chart="figures",
        )  # fmt: skip

    def shares(self) -> dict:
        total = self.totals
        rows = []
        for title, part, whole in (
            ("Établissements employeurs de l’ESS, sur les établissements employeurs privés", "ess_employer_establishments",
             "private_employer_establishments"),
            ("Établissements de l’ESS, sur tous les établissements ouverts", "ess_establishments", "all_establishments"),
        ):  # fmt: skip
            if total.get(whole):
                share = round(100 * total.get(part, 0) / total[whole], 1)
                rows.append([title, total.get(part, 0), total[whole], share])
        return self._indicator(
            "shares", "Quelle part", "Part des établissements de l’ESS ; le dénominateur est nommé à chaque ligne.",
            "Établissements ouverts, comptés à leur adresse. Privés : hors catégories juridiques 7xxx. Les deux dénominateurs ne se mélangent pas.",
            "établissements", ["Mesure", "ESS", "Ensemble", "Part (%)"], rows, SIRENE, chart="shares",
        )  # fmt: skip

    def _counted(
        self, code: str, title: str, definition: str, method: str, labels: dict[str, str], counts: Counter
    ) -> dict:
        whole = len(self.open)
        rows = [
            [label, counts[key], round(100 * counts[key] / whole, 1) if whole else None]
            for key, label in labels.items()
            if counts[key]
        ]
        return self._indicator(
            code, title, definition, method, "structures", ["", "Structures", "Part (%)"], rows
        )

    def families(self) -> dict:
        counts = Counter(row["family"] for row in self.open)
        return self._counted("families", "Quelles formes", "Structures ouvertes par famille de l’ESS.",
                             "La famille vient de la catégorie juridique (table datée).", FAMILIES, counts)  # fmt: skip

    def sizes(self) -> dict:
        counts = Counter(size_class(row["employees_band"]) for row in self.open)
        return self._counted("sizes", "Quelle taille", "Structures ouvertes par tranche d’effectif salarié.",
                             "Tranche Insee la plus récente ; l’effectif inconnu n’est pas zéro.", SIZES, counts)  # fmt: skip

    def _themes(self, table: str, column: str) -> Counter:
        found = self.marts.query(
            f"SELECT {column} AS code, count(DISTINCT org_id) AS n FROM {table} "  # noqa: S608
            "WHERE org_id IN (SELECT org_id FROM around WHERE active) GROUP BY ALL ORDER BY ALL"
        )
        return Counter({row["code"]: row["n"] for row in found})

    def doors(self) -> dict:
        counts = self._themes("doors", "door")
        placed = self.marts.query(
            "SELECT count(DISTINCT org_id) AS n FROM doors WHERE org_id IN (SELECT org_id FROM around WHERE active)"
        )[0]["n"]
        counts["?"] = len(self.open) - placed
        return self._counted("doors", "Derrière quelles portes", "Structures ouvertes par porte du quotidien.",
                             "Portes déduites de l’activité et de l’objet ; une structure peut en avoir plusieurs, le total dépasse 100 %.",
                             {**DOORS, "?": "À préciser"}, counts)  # fmt: skip

    def poles(self) -> dict:
        return self._counted("poles", "Quels pôles", "Structures ouvertes par pôle du plan d’action.",
                             "Pôles déduits comme les portes ; une structure peut en avoir deux.", POLES, self._themes("poles", "pole"))  # fmt: skip

    def sections(self) -> dict:
        from horizon.engine.naf import section
        from horizon.observatory import shipped

        labels = shipped.labels("naf_sections")
        counts = Counter(section(row["naf_rev2"]) for row in self.open if row["is_employer"])
        rows = [
            [labels.get(code, code) or "Activité inconnue", count]
            for code, count in sorted(counts.items(), key=lambda i: (-i[1], i[0]))
        ]
        return self._indicator("sections", "Quelles activités emploient", "Structures employeuses ouvertes par section d’activité.",
                               "Section de la NAF rév. 2 du siège.", "structures", ["Section", "Structures"], rows, SIRENE)  # fmt: skip

    def jobs(self) -> dict:
        bands = [row["employees_band"] for row in self.open if row["is_employer"]]
        interval = jobs_interval(bands)
        unknown = sum(band not in BANDS for band in bands)
        rows: list[list]
        if interval is None:
            rows = [["Emplois salariés", "secret statistique"]]
        else:
            low, high = interval
            rows = [["Emplois salariés, au moins", low], ["Emplois salariés, au plus", "sans limite haute" if high is None else high],
                    ["Structures employeuses d’effectif inconnu, non comptées", unknown]]  # fmt: skip
        return self._indicator("jobs", "Combien d’emplois", "Intervalle : somme des bornes basses et des bornes hautes des tranches d’effectif.",
                               "Secret : rien n’est donné si moins de trois structures, ou une seule au-delà de 85 %, portent le total. "
                               "Un intervalle n’est pas une statistique officielle d’emploi.", "emplois salariés", ["Mesure", "Valeur"], rows,
                               SIRENE, chart="figures")  # fmt: skip

    def _by_year(self, column: str, code: str, title: str, definition: str) -> dict:
        last = int(self.vintage[:4])
        counts = Counter(row[column].year for row in self.rows if row[column])
        rows = [[str(year), counts[year]] for year in range(last - YEARS, last + 1)] if counts else []
        return self._indicator(code, title, definition, f"L’année {last} s’arrête au {self.vintage}.", "structures",
                               ["Année", "Structures"], rows, chart="years")  # fmt: skip

    def creations(self) -> dict:
        return self._by_year("created_on", "creations", "Les créations, année par année",
                             "Structures du périmètre créées chaque année, ouvertes ou fermées depuis.")  # fmt: skip

    def closures(self) -> dict:
        return self._by_year("closed_on", "closures", "Les fermetures, année par année",
                             "Structures du périmètre fermées ou dissoutes chaque année, quand la date est connue.")  # fmt: skip

    def ages(self) -> dict:
        last = int(self.vintage[:4])
        found = [last - row["created_on"].year for row in self.open if row["created_on"]]
        classes = {
            "moins de 5 ans": (0, 5),
            "5 à 9 ans": (5, 10),
            "10 à 19 ans": (10, 20),
            "20 à 49 ans": (20, 50),
            "50 ans et plus": (50, 999),
        }
        rows = (
            [[label, sum(low <= age < high for age in found)] for label, (low, high) in classes.items()]
            if found
            else []
        )
        middle = f" Âge médian : {median(found):.0f} ans." if found else ""
        return self._indicator("ages", "Quel âge", f"Structures ouvertes par âge.{middle}", "Année du millésime moins année de création ; "
                               "sans date, non comptées.", "structures", ["Âge", "Structures"], rows)  # fmt: skip

    def communes(self) -> dict:
        if len(self.territory.communes) < 2 or len(self.territory.communes) > 200:
            return self._indicator("communes", "", "", "", "", [], [])
        counts = Counter(row["seat_commune"] for row in self.open)
        rows = [
            [
                name,
                counts[code],
                population,
                round(1000 * counts[code] / population, 1) if population else None,
            ]
            for code, (name, population) in sorted(
                self.territory.communes.items(), key=lambda item: item[1][0]
            )
        ]
        return self._indicator("communes", "Commune par commune", "Structures ouvertes à la commune de leur siège, et pour 1 000 habitants.",
                               "Population municipale. Sous 1 000 habitants, une seule structure déplace beaucoup le taux.", "structures",
                               ["Commune", "Structures", "Habitants", "Pour 1 000 habitants"], rows, chart="table")  # fmt: skip

    def nobody(self) -> dict:
        if len(self.territory.communes) < 2 or len(self.territory.communes) > 200:
            return self._indicator("nobody", "", "", "", "", [], [])
        present = {
            (row["door"], row["seat_commune"])
            for row in self.marts.query(
                "SELECT DISTINCT d.door, a.seat_commune FROM doors d JOIN around a USING (org_id) WHERE a.active"
            )
        }
        rows = []
        for code, label in DOORS.items():
            absent = sorted(
                name
                for commune, (name, _) in self.territory.communes.items()
                if (code, commune) not in present
            )
            rows.append([label, len(absent), ", ".join(absent) or "personne ne manque"])
        return self._indicator("nobody", "Où il n’y a personne", "Pour chaque porte, les communes sans aucune structure ouverte.",
                               "Portes déduites automatiquement ; une structure voisine peut servir la commune.", "communes",
                               ["Porte", "Communes", "Lesquelles"], rows, chart="table")  # fmt: skip

    def comparison(self) -> dict:
        columns = [
            "Territoire", "Pourquoi", "Structures", "Part des établissements employeurs privés (%)",
            "Structures pour 1 000 habitants",
        ]  # fmt: skip
        covered = self._covered()
        rows = []
        others = compared(self.marts, self.territory)
        for key, name, why in [(self.territory.key, self.territory.name, "ici"), *others]:
            people, read = covered.get(key, (0, 0))
            if why != "ici" and read < WHOLE * people:
                continue
            total = self._official(key)
            whole = total.get("private_employer_establishments")
            share = round(100 * total.get("ess_employer_establishments", 0) / whole, 1) if whole else None
            density = round(1000 * total.get("ess_structures", 0) / people, 1) if people else None
            rows.append([name, why, total.get("ess_structures", 0), share, density])
        return self._indicator(
            "comparison", "Et ailleurs", "La part de l’ESS dans les établissements employeurs privés, ici et là.",
            f"{PEERS_METHOD} Un territoire que les registres lus couvrent à moins de {WHOLE:.0%} n’est pas comparé.".replace("%", "\u00a0%"),
            "%", columns, rows if len(rows) > 1 else [], chart="table",
        )  # fmt: skip

    def _covered(self) -> dict[str, tuple[int, int]]:
        """(inhabitants, inhabitants of the communes that the registers speak of) by territory key."""
        return {
            row["territory"]: (int(row["people"]), int(row["read"]))
            for row in self.marts.query(
                """
                WITH spoken AS (SELECT DISTINCT commune_code FROM denominators),
                places AS (
                    SELECT unnest(['FR', 'region:' || region, 'department:' || department, 'epci:' || coalesce(epci_code, ''),
                        'commune:' || code]) AS territory, coalesce(population, 0) AS population, s.commune_code IS NOT NULL AS spoken
                    FROM communes c LEFT JOIN spoken s ON s.commune_code = c.code WHERE kind = 'commune-actuelle'
                )
                SELECT territory, sum(population) AS people, coalesce(sum(population) FILTER (WHERE spoken), 0) AS read
                FROM places GROUP BY territory
                """
            )
        }
