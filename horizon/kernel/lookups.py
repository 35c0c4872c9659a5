"""Many values looked for at once, handed to the database as one parameter.

`pk__in` writes one parameter for each value, which PostgreSQL's driver and SQLite both read one by one: three hundred keys cost
more to write than to find.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Field, ForeignObject, IntegerField, Lookup


@ForeignObject.register_lookup
@Field.register_lookup
class OneOf(Lookup):
    """`filter(pk__one_of=[3, 5])`: the rows whose column is one of these integers or texts; none when the list is empty."""

    lookup_name = "one_of"

    @property
    def _field(self) -> Any:
        """The column, or the one that a foreign key points to."""
        return getattr(self.lhs.output_field, "target_field", self.lhs.output_field)

    def get_prep_lookup(self) -> list[Any]:
        """The values as a list, each as the column writes it."""
        return [self._field.get_prep_value(value) for value in self.rhs]

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, Any]:
        """The one parameter: an array for PostgreSQL, a JSON text for SQLite."""
        return "%s", [value if connection.vendor == "postgresql" else json.dumps(value)]

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        """The parameter; nothing is asked of the database when there is no value, as with `in`."""
        if not self.rhs:
            raise EmptyResultSet
        return super().process_rhs(compiler, connection)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """`column = ANY(array)`, which uses the index as IN does."""
        column, before = self.process_lhs(compiler, connection)
        one, values = self.process_rhs(compiler, connection)
        # Not the type of the column: a longer text would be cut to its length, and found.
        kind = "bigint" if isinstance(self._field, IntegerField) else "text"
        return f"{column} = ANY({one}::{kind}[])", [*before, *values]

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """`column IN (the values of a JSON text)`, read once."""
        column, before = self.process_lhs(compiler, connection)
        one, values = self.process_rhs(compiler, connection)
        return f"{column} IN (SELECT value FROM json_each({one}))", [*before, *values]
