"""The lines of each indicator of the registry, for one territory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from statistics import median_low

from horizon.engine.labels import DOORS, FAMILIES, POLES, REASONS, SIZES
from horizon.engine.staff import BANDS, size_class
from horizon.observatory import shipped
from horizon.observatory.panorama.counts import Counts, group_employers, units_by_place
from horizon.observatory.panorama.registry import BY_CODE, CHAPTERS, INDICATORS, SOURCES
from horizon.observatory.panorama.secrecy import Cell, hidden, hidden_in_tables, secret
from horizon.observatory.panorama.territory import (
    PEERS_METHOD,
    WITHOUT_RNA,
    Territory,
    compared,
    described_peers,
    find,
)
from horizon.observatory.read import Marts

YEARS = 15
WHOLE = 0.9
PER = 10_000
HIDDEN = "secret statistique"
UNKNOWN_BANDS = "Établissements employeurs d’effectif inconnu, non comptés"
ORDER = ("deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize", "quatorze", "quinze",
         "seize", "dix-sept", "dix-huit", "dix-neuf", "vingt")  # fmt: skip
LARGER = ("intercommunalité", "département", "région", "pays")
Rows = list[list]


def panorama(marts: Marts, code: str) -> dict:
    """The panorama of a territory as plain values: `territory`, `vintage`, `headline`, `notes`, `indicators`.

    Each indicator has what the registry writes (code, chapter, title, definition, method, source, unit, columns, chart), the
    vintage and its `rows` (label, values…; None when unknown). `sources` are (name, first vintage, last vintage): those of the
    files themselves, empty when unknown; no vintage at all when none was read. One without any row is left out. Raises BadInput.
    """
    territory = find(marts, code)
    vintage = str(marts.manifest["vintage"])
    work = _Work(marts, territory, int(vintage[:4]))
    dated = work.dated
    indicators = []
    for written in INDICATORS:
        rows = getattr(work, written.code)()
        if rows:
            indicators.append(
                {
                    "code": written.code, "chapter": CHAPTERS[written.chapter], "title": written.title,
                    "definition": written.definition, "method": work.methods.get(written.code, written.method),
                    "source": written.source, "vintage": vintage, "unit": written.unit, "chart": written.chart,
                    "sources": [dated[source] for source in written.sources],
                    "columns": work.columns.get(written.code, list(written.columns)), "rows": rows,
                }
            )  # fmt: skip
    synthetic = bool(marts.manifest.get("synthetic"))
    return {
        "territory": {"code": territory.code, "key": territory.key, "level": territory.level, "name": territory.name,
                      "population": territory.population, "population_vintage": dated["people"][2],
                      "communes": len(territory.communes)},
        "vintage": vintage,
        "synthetic": synthetic,
        "run": marts.manifest["run_id"],
        "headline": work.headline(),
        "notes": _notes(territory, synthetic, work),
        "indicators": indicators,
    }  # fmt: skip


def _dated(marts: Marts, territory: Territory) -> dict[str, list[str]]:
    """By code of SOURCES: its name, then the first and the last vintage of the files read, if any was read."""
    read: dict[str, list[str]] = {}
    for row in marts.query("SELECT source, coalesce(vintage, '') AS vintage FROM sources ORDER BY vintage"):
        read.setdefault(row["source"], []).append(row["vintage"])
    found = {}
    for code, (name, registers) in SOURCES.items():
        days = sorted(day for register in registers for day in read.get(register, ()))
        found[code] = [name, days[0], days[-1]] if days else [name]
    years = marts.query(
        "SELECT coalesce(min(population_vintage), '') AS first, coalesce(max(population_vintage), '') AS last FROM communes "
        "WHERE kind = 'commune-actuelle' AND code IN (SELECT unnest($communes))",
        {"communes": list(territory.communes)},
    )
    found["people"] += [str(years[0]["first"]), str(years[0]["last"])]
    return found


def _notes(territory: Territory, synthetic: bool, work: _Work) -> list[str]:
    notes = []
    if synthetic:
        notes.append(
            "Données fictives de démonstration : les registres lus sont inventés ; communes et populations sont réelles."
        )
    departments = {code[:2] for code in territory.communes} & set(WITHOUT_RNA)
    if departments:
        names = ", ".join(WITHOUT_RNA[code] for code in sorted(departments))
        notes.append(f"Le RNA ne couvre pas : {names}. Les associations sans SIREN y manquent.")
    if len(work.dated["rna"]) == 1:
        notes.append("Le RNA n’a pas été lu : les associations sans SIREN manquent toutes.")
    if not work.listed:
        notes.append(
            "La liste ESS France n’a pas été lue : ce que retient la règle de l’État (cette liste ou le signalement de l’Insee) "
            "n’est pas dit, et les sociétés qui ne sont de l’ESS que par elle manquent."
        )
    if work.read < WHOLE:
        notes.append(
            f"Les registres lus ne couvrent que {100 * work.read:.0f}\u00a0% des habitants de ce territoire : "
            "ces chiffres n’en disent qu’une partie."
            + (" Rien n’y est dit commune par commune." if territory.level == "department" else "")
        )
    if work.left_out:
        notes.append(
            f"Non comparés, faute de registres qui couvrent au moins {100 * WHOLE:.0f}\u00a0% de leurs habitants : "
            f"{', '.join(work.left_out)}."
        )
    notes.append(
        "Les registres sont une photographie : seules les créations et les fermetures se comptent par année."
    )
    return notes


def _masked_at(marts: Marts, place: str) -> set[tuple[str, str]]:
    """(kind, part) of the jobs to hide, of a commune or (empty) of the intercommunality whose employers were grouped, so that they do
    not give each other's back."""
    return {(kind, part) for where, kind, part in hidden_in_tables(units_by_place(marts)) if where == place}


def share(part: int, whole: int) -> float | None:
    """A percentage with one decimal; None when there is nothing to divide by."""
    return round(100 * part / whole, 1) if whole else None


class _Work:
    def __init__(self, marts: Marts, territory: Territory, year: int):
        self.marts, self.territory, self.year = marts, territory, year
        self.masked: set[tuple[str, str]] | None = None
        if territory.epci:  # a commune: the employers of its intercommunality first, then its own
            group_employers(marts, list(find(marts, territory.epci).communes))
            self.masked = _masked_at(marts, territory.code)
        self.counts = Counts(marts, territory)
        if territory.level == "epci":
            self.masked = _masked_at(marts, "")
        self.dated = _dated(marts, territory)
        self.listed = len(self.dated["list"]) > 1  # without the list the State's rule is only half read
        self.methods: dict[str, str] = {}
        self.columns: dict[str, list[str]] = {}
        self.alike = described_peers(marts, territory.code) if territory.level == "epci" else []
        others = compared(territory, [(code, name) for code, name, *_ in self.alike])
        keys = [territory.key, *(key for key, _, _ in others)]
        self.official = self.counts.official(keys)
        self.here = self.official[territory.key]
        self.detailed = ("ess_state_rule", "{}") in self.here  # an older publication does not count these
        covered = self.counts.covered(keys)
        self.read = covered.get(territory.key, (0, 0))[1] / max(1, territory.population)
        self.people = {key: covered.get(key, (0, 0))[0] for key in keys}
        spoken = {key for key in keys if covered.get(key, (0, 0))[1] >= WHOLE * max(1, self.people[key])}
        self.others = [other for other in others if other[0] in spoken]
        self.left_out = [name for key, name, _ in others if key not in spoken]
        self.whole = self.counts.count("active")

    def _total(self, key: str, indicator: str) -> int:
        return self.official[key].get((indicator, "{}"), 0)

    def _lines(self, labels: Mapping[str, str], counts: Mapping, whole: int | None = None) -> Rows:
        base = self.whole if whole is None else whole
        return [
            [label, counts[key], share(counts[key], base)] for key, label in labels.items() if counts.get(key)
        ]

    def headline(self) -> str:
        """A sentence for the top of the page: one private employing establishment in so many."""
        part = self._total(self.territory.key, "ess_employer_establishments")
        whole = self._total(self.territory.key, "private_employer_establishments")
        if not part or whole < 20 or self.read < WHOLE:
            return ""
        count = round(whole / part)
        if not 2 <= count < len(ORDER) + 2:
            return (
                f"{share(part, whole):.1f}\u00a0% des établissements employeurs privés sont de l’ESS".replace(
                    ".", ","
                )
            )
        return f"Un établissement employeur privé sur {ORDER[count - 2]} est de l’ESS"

    # combien

    def numbers(self) -> Rows:
        people = self.territory.population
        employing, state = (
            self.counts.count("active AND is_employer"),
            self.counts.count("active AND state_rule"),
        )
        return [
            ["Structures ouvertes", self.whole],
            ["dont employeuses", employing],
            *([["dont retenues par la règle de l’État", state]] if self.listed else []),
            [
                "Structures pour 10\u202f000 habitants",
                round(PER * self.whole / people, 1) if people else None,
            ],
        ]

    def shares(self) -> Rows:
        lines = (
            ("Établissements employeurs de l’ESS, sur les établissements employeurs privés",
             "ess_employer_establishments", "private_employer_establishments"),
            ("Établissements de l’ESS, sur tous les établissements ouverts", "ess_establishments", "all_establishments"),
        )  # fmt: skip
        found = [
            (title, self._total(self.territory.key, part), self._total(self.territory.key, whole))
            for title, part, whole in lines
        ]
        return [[title, part, whole, share(part, whole)] for title, part, whole in found if whole]

    def jobs(self) -> Rows:
        jobs = self.counts.jobs("'all'").get("all")
        unknown = self.counts.unknown_bands()
        if jobs is None:
            return [["Emplois salariés", "inconnus"], [UNKNOWN_BANDS, unknown]] if unknown else []
        if self._secret(jobs):
            return [["Emplois salariés", HIDDEN]]
        return [
            ["Emplois salariés, au moins", jobs.low],
            ["Emplois salariés, au plus", "sans limite haute" if jobs.high is None else jobs.high],
            [UNKNOWN_BANDS, unknown],
        ]

    # qui

    def families(self) -> Rows:
        return self._lines(FAMILIES, self.counts.of("family"))

    def employing_families(self) -> Rows:
        private = self._total(self.territory.key, "private_employer_establishments")
        return self._lines(FAMILIES, self.counts.establishments("family"), private)

    def state_families(self) -> Rows:
        whole, kept = self.counts.of("family"), self._themes("family", self.territory.key, "ess_state_rule")
        return [
            [label, kept.get(key, 0), whole[key], share(kept.get(key, 0), whole[key])]
            for key, label in FAMILIES.items()
            if whole[key] and self.detailed and self.listed
        ]

    def sizes(self) -> Rows:
        sizes: Counter = Counter()
        for band, count in self.counts.of("employees_band").items():
            sizes[size_class(band)] += count
        return self._lines(SIZES, sizes)

    def _secret(self, jobs: Cell) -> bool:
        """Whether the jobs of the whole territory are hidden."""
        return secret(jobs) or ("all", "") in (self.masked or ())

    def _ranges(self, kind: str, labels: Mapping[str, str]) -> Rows:
        cells = self.counts.jobs(kind)
        whole = self.counts.jobs("'all'").get("all")
        if whole is None or self._secret(whole):
            return []
        if self.masked is None:
            masked = hidden(cells, partial(self.counts.jobs_together, kind))
        else:
            masked = {part for part in cells if (kind, part) in self.masked}
        named = {part: labels.get(part) or "Activité inconnue" for part in cells}
        # what is hidden comes last, by name: its rank among the others would bound it
        shown = sorted(cells.keys() - masked, key=lambda part: (-cells[part].low, part))
        return [
            [named[part], *_interval(part in masked, cells[part].low, cells[part].high)]
            for part in (*shown, *sorted(masked, key=named.__getitem__))
        ]

    def jobs_families(self) -> Rows:
        return self._ranges("family", FAMILIES)

    def reasons(self) -> Rows:
        return self._lines(REASONS, self.counts.reasons())

    # pour quoi faire

    def _themes(self, kind: str, key: str, named: str = "") -> dict[str, int]:
        prefix = f'{{"{kind}": "'
        return {
            dimensions.removeprefix(prefix)[:-2]: count
            for (indicator, dimensions), count in self.official[key].items()
            if indicator == (named or f"ess_structures_by_{kind}")
        }

    def doors(self) -> Rows:
        found = self._themes("door", self.territory.key)
        found["?"] = self.whole - self._total(self.territory.key, "ess_structures_by_any_door")
        return self._lines({**DOORS, "?": "À préciser"}, found)

    def employers_doors(self) -> Rows:
        whole = self._themes("door", self.territory.key)
        employing = self._themes("door", self.territory.key, "ess_employers_by_door")
        return [
            [label, employing.get(door, 0), whole[door], share(employing.get(door, 0), whole[door])]
            for door, label in DOORS.items()
            if whole.get(door) and self.detailed
        ]

    def poles(self) -> Rows:
        return self._lines(POLES, self._themes("pole", self.territory.key))

    def sections(self) -> Rows:
        labels, private = shipped.labels("naf_sections"), self.counts.private_employers("section")
        counts = self.counts.establishments("section")
        return [
            [labels.get(key) or "Activité inconnue", count, share(count, private[key])]
            for key, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        ]

    def jobs_sections(self) -> Rows:
        return self._ranges("section", shipped.labels("naf_sections"))

    # où

    def _communes(self) -> list[tuple[str, str, int]]:
        # a commune of a department that was not read would be told to have nobody
        unread = self.territory.level == "department" and self.read < WHOLE
        if unread or not self.counts.by_commune:
            return []
        found = [(code, name, people) for code, (name, people) in self.territory.communes.items()]
        return sorted(found, key=lambda row: (row[1], row[0]))

    def communes(self) -> Rows:
        counts = self.counts.of("commune") if self.counts.by_commune else Counter()
        return [
            [name, counts[code], people, round(PER * counts[code] / people, 1) if people else None]
            for code, name, people in self._communes()
        ]

    def employing_communes(self) -> Rows:
        if not self.counts.by_commune:
            return []
        here, private = self.counts.establishments("commune"), self.counts.private_employers("commune")
        return [
            [name, here[code], private[code], share(here[code], private[code])]
            for code, name, _ in self._communes()
        ]

    def several_communes(self) -> Rows:
        several = self._total(self.territory.key, "ess_several_communes")
        lines = {"Dans une seule commune": self.whole - several, "Dans plusieurs communes": several}
        return self._lines({label: label for label in lines}, lines) if self.detailed else []

    def nobody(self) -> Rows:
        communes = self._communes()
        if not communes or not self._themes("door", self.territory.key):
            return []
        found = self.counts.official([f"commune:{code}" for code, _, _ in communes])
        rows = []
        for door, label in DOORS.items():
            wanted = ("ess_structures_by_door", f'{{"door": "{door}"}}')
            absent = [name for code, name, _ in communes if not found[f"commune:{code}"].get(wanted)]
            rows.append([label, len(absent), ", ".join(absent) or "aucune : chaque commune a quelqu’un"])
        return rows

    # depuis quand

    def _years(self, event: str) -> Rows:
        counts = self.counts.years(event, "year IS NOT NULL")
        return (
            [[str(year), counts[year]] for year in range(self.year - YEARS, self.year + 1)] if counts else []
        )

    def creations(self) -> Rows:
        return self._years("created")

    def closures(self) -> Rows:
        return self._years("closed")

    def ages(self) -> Rows:
        ages = Counter(
            {self.year - year: count for year, count in self.counts.years("created").items() if year}
        )
        if not ages:
            return []
        classes = {"moins de 5 ans": (0, 5), "5 à 9 ans": (5, 10), "10 à 19 ans": (10, 20), "20 à 49 ans": (20, 50),
                   "50 ans et plus": (50, 999)}  # fmt: skip
        middle = _median(ages)
        self.methods["ages"] = f"{BY_CODE['ages'].method} Âge médian : {middle} ans."
        return _classed(ages, classes)

    def news(self) -> Rows:
        ages = Counter(
            {self.year - year: count for year, count in self.counts.years("updated").items() if year}
        )
        classes = {"cette année ou l’an dernier": (0, 2), "2 à 4 ans": (2, 5), "5 à 14 ans": (5, 15),
                   "15 ans et plus": (15, 999)}  # fmt: skip
        return _classed(ages, classes)

    def ages_families(self) -> Rows:
        rows = []
        for key, label in FAMILIES.items():
            years = self.counts.years("created", f"active AND family = '{key}'")
            ages = Counter({self.year - year: count for year, count in years.items() if year})
            if ages:
                rows.append([label, _median(ages), sum(ages.values())])
        return rows

    def news_communes(self) -> Rows:
        communes = self._communes()
        silent = self.counts.silent(self.year - YEARS) if communes else {}
        found = [(name, *silent.get(code, (0, 0))) for code, name, _ in communes]
        return [[name, *counts, share(*counts)] for name, *counts in found if counts[1]]

    # et ailleurs

    def _compare(self, line: Callable[[str], list | None]) -> Rows:
        places = [(self.territory.key, self.territory.name, "ici"), *self.others]
        found = [(name, line(key), why) for key, name, why in places]
        rows = [[name, *values, why] for name, values, why in found if values]
        return rows if len(rows) > 1 else []

    def comparison(self) -> Rows:
        def line(key: str) -> list | None:
            part = self._total(key, "ess_employer_establishments")
            whole = self._total(key, "private_employer_establishments")
            return [share(part, whole), part, whole] if whole else None

        return self._compare(line)

    def comparison_density(self) -> Rows:
        def line(key: str) -> list | None:
            count, people = self._total(key, "ess_structures"), self.people[key]
            return [round(PER * count / people, 1), count, people] if people else None

        return self._compare(line)

    def comparison_creations(self) -> Rows:
        def line(key: str) -> list | None:
            count, whole = self._total(key, "ess_created_last_year"), self._total(key, "ess_structures")
            return [share(count, whole), count, whole] if whole else None

        return self._compare(line)

    def comparison_doors(self) -> Rows:
        larger = [(key, name) for key, name, why in self.others if why in LARGER]
        if not larger:
            return []
        self.columns["comparison_doors"] = ["Porte", "Ici", *(name for _, name in larger)]
        keys = [self.territory.key, *(key for key, _ in larger)]
        themes = {key: self._themes("door", key) for key in keys}
        return [
            [label, *(share(themes[key].get(door, 0), self._total(key, "ess_structures")) for key in keys)]
            for door, label in DOORS.items()
        ]

    def peers(self) -> Rows:
        self.methods["peers"] = PEERS_METHOD
        return [
            [name, people, communes, round(100 * largest, 1)]
            for _, name, people, communes, largest in self.alike
        ]

    # ce que ces chiffres ne disent pas

    def unknown(self) -> Rows:
        bands = ", ".join(f"'{band}'" for band in BANDS)
        without_door = self.whole - self._total(self.territory.key, "ess_structures_by_any_door")
        lines = {
            "Employeur ou non": self.counts.count("active AND is_employer IS NULL"),
            "Effectif d’une structure employeuse": self.counts.count(
                f"active AND is_employer AND (employees_band IS NULL OR employees_band NOT IN ({bands}))"
            ),
            "Activité (NAF)": self.counts.count("active AND no_activity"),
            "Objet déclaré au RNA": self.counts.count("active AND no_object"),
            "Date de création": self.counts.years("created")[None],
            "Porte du quotidien": without_door,
        }
        return self._lines({label: label for label in lines}, lines)


def _interval(masked: bool, low: int, high: int | None) -> list:
    if masked:
        return [HIDDEN, HIDDEN]
    return [low, "sans limite haute" if high is None else high]


def _classed(ages: Counter, classes: Mapping[str, tuple[int, int]]) -> Rows:
    whole = sum(ages.values())
    counts = {
        label: sum(count for age, count in ages.items() if low <= age < high)
        for label, (low, high) in classes.items()
    }
    return [[label, count, share(count, whole)] for label, count in counts.items()] if whole else []


def _median(ages: Counter) -> int:
    """The median of a counter, the lower of the two when they differ."""
    return int(median_low(ages.elements()))
