"""Counting a selection by facet (facettes), exactly, without asking the database again.

Every value of every facet is a set of ordinals written as the bits of one integer: filtering is `&`, counting is
`int.bit_count`. Ten thousand entries are 1.2 kB per value.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence


class FacetIndex:
    """Which of the entries 0 … size-1 carry which value of which facet.

    >>> index = FacetIndex(3, {"door": [["a"], ["a", "b"], []]})
    >>> index.count({"door": ("a",)}).total, index.count({}).facets["door"]
    (2, {'a': 2, 'b': 1})
    """

    def __init__(self, size: int, facets: Mapping[str, Sequence[Iterable[str]]]):
        """`facets` maps a facet's name to one iterable of values per entry, in ordinal order."""
        self.size = size
        self.all = (1 << size) - 1
        self.facets: dict[str, dict[str, int]] = {}
        for name, values in facets.items():
            if len(values) != size:
                raise ValueError(f"facet {name}: {len(values)} rows for {size} entries")
            members: dict[str, list[int]] = {}
            for ordinal, carried in enumerate(values):
                for value in carried:
                    members.setdefault(value, []).append(ordinal)
            self.facets[name] = {value: to_bits(members[value], size) for value in sorted(members)}

    def bits(self, facet: str, values: Iterable[str]) -> int:
        """Entries carrying at least one of the values."""
        known = self.facets[facet]
        result = 0
        for value in values:
            result |= known.get(value, 0)
        return result

    def select(self, filters: Mapping[str, Sequence[str]], base: int | None = None) -> int:
        """Entries of `base` (default: all) carrying, for every filtered facet, one of its values."""
        result = self.all if base is None else base
        for facet, values in filters.items():
            if values:
                result &= self.bits(facet, values)
        return result

    def count(self, filters: Mapping[str, Sequence[str]], base: int | None = None) -> "Counts":
        """The selection, and for every facet how many entries each value would give.

        A facet's own filter does not narrow its own counts: a visitor sees what choosing another value would give.
        Values that nobody carries in the selection are present with 0.
        """
        selection = self.select(filters, base)
        counts = {}
        for facet, values in self.facets.items():
            within = selection
            if filters.get(facet):
                others = {name: chosen for name, chosen in filters.items() if name != facet}
                within = self.select(others, base)
            counts[facet] = {value: (bits & within).bit_count() for value, bits in values.items()}
        return Counts(selection, selection.bit_count(), counts)


class Counts:
    """A selection as bits, its size, and the counts by facet and value."""

    __slots__ = ("bits", "facets", "total")

    def __init__(self, bits: int, total: int, facets: dict[str, dict[str, int]]):
        self.bits, self.total, self.facets = bits, total, facets


def to_bits(ordinals: Iterable[int], size: int) -> int:
    """The integer whose bits are these ordinals; raises IndexError at `size` or above."""
    buffer = bytearray((size + 7) // 8)
    for ordinal in ordinals:
        if ordinal >= size:
            raise IndexError(ordinal)
        buffer[ordinal >> 3] |= 1 << (ordinal & 7)
    return int.from_bytes(buffer, "little")


_ONES = [tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256)]


def from_bits(bits: int) -> Iterator[int]:
    """The ordinals of a set, ascending."""
    for position, byte in enumerate(bits.to_bytes((bits.bit_length() + 7) // 8, "little")):
        if byte:
            start = position << 3
            for bit in _ONES[byte]:
                yield start + bit
