"""Staff bands (tranches d'effectif salarié, INSEE): codes, bounds, and the classes shown in the list."""

from typing import NamedTuple


class Band(NamedTuple):
    """Bounds of a band in employees, both included; `high` is None for the open last band."""

    low: int
    high: int | None


BANDS: dict[str, Band] = {
    "00": Band(0, 0),
    "01": Band(1, 2),
    "02": Band(3, 5),
    "03": Band(6, 9),
    "11": Band(10, 19),
    "12": Band(20, 49),
    "21": Band(50, 99),
    "22": Band(100, 199),
    "31": Band(200, 249),
    "32": Band(250, 499),
    "41": Band(500, 999),
    "42": Band(1000, 1999),
    "51": Band(2000, 4999),
    "52": Band(5000, 9999),
    "53": Band(10000, None),
}


def size_class(band: str | None) -> str:
    """`0`, `1-9`, `10-49`, `50-249`, `250`, or `inconnue`: an unknown band (`NN`, empty) is never zero.

    >>> size_class("12"), size_class("NN"), size_class("00")
    ('10-49', 'inconnue', '0')
    """
    bounds = BANDS.get(band or "")
    if bounds is None:
        return "inconnue"
    if bounds.low == 0:
        return "0"
    for limit, name in ((10, "1-9"), (50, "10-49"), (250, "50-249")):
        if bounds.low < limit:
            return name
    return "250"
