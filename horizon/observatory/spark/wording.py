"""A model file in DuckDB's SQL, said for Spark.

sqlglot translates. What it lets through unchanged, or turns into something that runs and says another thing, is in
FUNCTIONS, CHARACTERS and the methods of `Wording`, each with its reason; tests/observatory/test_spark.py holds every row
of every mart to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import duckdb
import sqlglot
from sqlglot import ErrorLevel, exp

from horizon.observatory.contracts import MARTS

# Functions that sqlglot lets through unchanged and Spark does not know: their parameters, their meaning in Spark's SQL.
# DuckDB's expressions are RE2's, Spark's are Java's: both agree on what the models write (classes, repetitions).
FUNCTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "regexp_full_match": (("x", "pattern"), r"x RLIKE CONCAT('^(?:', pattern, ')\\z')"),
    "list_slice": (("x", "first", "last"), "SLICE(x, first, last - first + 1)"),
}
# Functions whose answer depends on a table of Unicode: Java's turns « ß » into two letters, and none drops accents. What
# DuckDB makes of each character is asked of DuckDB, and said with Spark's TRANSLATE.
CHARACTERS = ("strip_accents", "upper", "lower")
# Spark reads « 2024 » as a day and « 1d » as a number; DuckDB reads « 2024/1/5 » and « 1_000 ».
CASTS = {
    exp.DataType.Type.DATE: (
        r"CASE WHEN x RLIKE '^ *[0-9]{4}([-/ \\\\])[0-9]{1,2}\\1[0-9]{1,2} *\\z' "
        r"THEN TRY_CAST(REGEXP_REPLACE(TRIM(x), '[/ \\\\]', '-') AS DATE) END"
    ),
    exp.DataType.Type.DOUBLE: (
        r"CASE WHEN x RLIKE '^\\s*[+-]?([0-9][0-9_]*[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?\\s*\\z' "
        r"THEN TRY_CAST(REPLACE(x, '_', '') AS DOUBLE) END"
    ),
}
# Columns that hold a list: LEN is a word for texts and for lists, and Spark has two.
LISTS = {name for mart in MARTS for name, kind, _ in mart.columns if kind.endswith("[]")} | {"exclusions"}
Variables = Mapping[str, date | int]


class Untranslatable(Exception):
    """A model uses a construct that nobody has said for Spark yet."""


@dataclass(frozen=True)
class Step:
    """One statement for Spark. `does`: table, view, empty (a table that only has columns), insert, drop."""

    does: str
    name: str
    sql: str = ""
    by_name: bool = False


def characters(connection: duckdb.DuckDBPyConnection, function: str) -> tuple[str, str]:
    """(from, to) for TRANSLATE: each character that `function` changes, what it becomes; those that vanish come last."""
    found = connection.execute(
        f"SELECT chr(i), {function}(chr(i)) AS made FROM ("  # noqa: S608
        "SELECT CAST(unnest(range(1, 55296) || range(57344, 196608) || range(917504, 918016)) AS INTEGER) AS i"
        ") WHERE made <> chr(i) ORDER BY length(made) DESC, i"
    ).fetchall()
    return "".join(before for before, _ in found), "".join(after for _, after in found)


class Wording:
    """Says models for Spark, in the order in which the pipeline runs them: it learns the macros that they define."""

    def __init__(self, variables: Variables, tables: Mapping[str, tuple[str, str]]):
        """`variables`: what the models read with getvariable. `tables`: `characters` of each of CHARACTERS."""
        self.variables = {name: _literal(value) for name, value in variables.items()}
        self.macros: dict[str, tuple[tuple[str, ...], exp.Expr]] = {
            name: (parameters, sqlglot.parse_one(sql, read="spark"))
            for name, (parameters, sql) in FUNCTIONS.items()
        }
        for name, (before, after) in tables.items():
            translated = exp.Translate(
                this=exp.column("x"), from_=exp.Literal.string(before), to=exp.Literal.string(after)
            )
            self.macros[name] = (("x",), translated)
        self.numbered: set[str] = set()

    def steps(self, model: str) -> list[Step]:
        """What Spark must do for a model file; macros are learnt, and make no step."""
        statements = [statement for statement in sqlglot.parse(model, read="duckdb") if statement is not None]
        self.numbered |= {name for statement in statements for name in _read_by_number(statement)}
        return [step for statement in statements for step in self._steps(statement)]

    def _steps(self, statement: exp.Expr) -> Iterator[Step]:
        kind = statement.args.get("kind")
        if isinstance(statement, exp.Create) and kind in {"MACRO", "FUNCTION"}:
            defined = statement.this
            parameters = tuple(parameter.name for parameter in defined.expressions)
            self.macros[defined.this.name.lower()] = (parameters, statement.expression)
        elif isinstance(statement, exp.Create) and isinstance(statement.this, exp.Schema):
            columns = ", ".join(
                f"CAST(NULL AS {column.kind.sql('spark')}) AS {column.name}"
                for column in statement.this.expressions
            )
            yield Step("empty", statement.this.this.name, f"SELECT {columns} WHERE FALSE")
        elif isinstance(statement, exp.Create) and kind in {"TABLE", "VIEW"}:
            yield Step(kind.lower(), statement.this.name, self.query(statement.expression))
        elif isinstance(statement, exp.Insert):
            query = statement.expression.copy()
            if statement.args.get("with_"):
                query.set("with_", statement.args["with_"].copy())
            yield Step("insert", statement.this.name, self.query(query), bool(statement.args.get("by_name")))
        elif isinstance(statement, exp.Drop):
            for table in statement.args.get("tables") or [statement.this]:
                yield Step("drop", table.name)
        else:
            raise Untranslatable(f"{type(statement).__name__} {kind or ''}: {statement.sql('duckdb')[:80]}")

    def query(self, query: exp.Expr) -> str:
        """A query of DuckDB as Spark's text."""
        said = query.copy()
        for join in list(said.find_all(exp.Join)):
            _unfold_series(join)
        return self._say(said).sql("spark", comments=False, unsupported_level=ErrorLevel.RAISE)

    def _say(self, node: exp.Expr) -> exp.Expr:
        """From the leaves up: what a macro becomes is already Spark's, and is not read again."""
        for child in list(node.iter_expressions()):
            said = self._say(child)
            if said is not child:
                child.replace(said)
        return self._word(node)

    def _word(self, node: exp.Expr) -> exp.Expr:
        name = _function(node)
        if name == "getvariable":
            return self.variables[node.expressions[0].name].copy()
        if name in self.macros:
            return self._expand(name, [value.copy() for value in node.iter_expressions()])
        if isinstance(node, exp.TryCast) and node.to.this in CASTS:
            return _filled(sqlglot.parse_one(CASTS[node.to.this], read="spark"), {"x": node.this.copy()})
        if isinstance(node, exp.Length) and node.this.name in LISTS:
            return exp.Anonymous(this="ARRAY_SIZE", expressions=[node.this.copy()])
        if isinstance(node, exp.ArrayConcat):
            return _concatenated([node.this, *node.expressions])
        if isinstance(node, exp.Filter) and isinstance(node.this, exp.ArrayAgg):
            return _gathered(node.this, node.expression)
        if isinstance(node, exp.ArrayAgg) and not isinstance(node.parent, exp.Filter):
            return _gathered(node, None)
        return node

    def _expand(self, name: str, arguments: list[exp.Expr]) -> exp.Expr:
        parameters, body = self.macros[name]
        if len(parameters) != len(arguments):
            raise Untranslatable(f"{name}: {len(arguments)} arguments, {len(parameters)} expected")
        written_for_spark = name in FUNCTIONS or name in CHARACTERS
        said = body.copy() if written_for_spark else self._say(exp.paren(body, copy=True))
        return _filled(said, dict(zip(parameters, arguments, strict=True)))


def _function(node: exp.Expr) -> str:
    if isinstance(node, exp.Anonymous):
        return node.name.lower()
    return node.sql_name().lower() if isinstance(node, exp.Func) else ""


def _literal(value: date | int) -> exp.Expr:
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), "date")
    return exp.Literal.number(value)


def _filled(body: exp.Expr, values: Mapping[str, exp.Expr]) -> exp.Expr:
    """The body with its parameters replaced by what they stand for."""
    whole = exp.paren(body, copy=False)
    for column in list(whole.find_all(exp.Column)):
        if not column.table and column.name in values:
            value = values[column.name]
            simple = isinstance(value, exp.Column | exp.Literal | exp.Paren)
            column.replace(value.copy() if simple else exp.paren(value, copy=True))
    return whole


def _concatenated(lists: list[exp.Expr]) -> exp.Expr:
    """list_concat: DuckDB leaves an unknown list out; Spark's answer would be unknown."""
    nothing = sqlglot.parse_one("CAST(ARRAY() AS ARRAY<STRING>)", read="spark")
    known = [exp.func("coalesce", one.copy(), nothing.copy()) for one in lists]
    unknown = exp.and_(*(exp.Is(this=one.copy(), expression=exp.Null()) for one in lists))
    return exp.case().when(exp.not_(unknown), exp.Anonymous(this="CONCAT", expressions=known))


def _gathered(aggregate: exp.ArrayAgg, where: exp.Expr | None) -> exp.Expr:
    """LIST: nothing to gather is unknown, not empty, and the order is kept. sqlglot drops the order, and Spark has none.

    Values go with what orders them, and are sorted once gathered; keys of the order are never unknown in the models.
    """
    order = aggregate.this if isinstance(aggregate.this, exp.Order) else None
    value = order.this if order else aggregate.this
    keys = order.expressions if order else []
    distinct = isinstance(value, exp.Distinct)
    value = value.expressions[0] if isinstance(value, exp.Distinct) else value
    fields = [(f"k{number}", key.this, bool(key.args.get("desc"))) for number, key in enumerate(keys)]
    record = exp.Anonymous(
        this="NAMED_STRUCT",
        expressions=[
            part.copy()
            for name, field, _ in [*fields, ("v", value, False)]
            for part in (exp.Literal.string(name), field)
        ],
    )
    gathered: exp.Expr = exp.Anonymous(
        this="COLLECT_SET" if distinct else "COLLECT_LIST", expressions=[record]
    )
    if where is not None:
        gathered = exp.Filter(this=gathered, expression=where.copy())
    compared = " ".join(
        f"WHEN l.{name} {sign} r.{name} THEN {answer}"
        for name, _, down in fields
        for sign, answer in (("<", 1 if down else -1), (">", -1 if down else 1))
    )
    sorting = f"ARRAY_SORT(x, (l, r) -> CASE {compared} ELSE 0 END)" if fields else "x"
    said = sqlglot.parse_one(f"TRANSFORM(NULLIF({sorting}, ARRAY()), g -> g.v)", read="spark")
    return _filled(said, {"x": gathered})


def _read_by_number(statement: exp.Expr) -> Iterator[str]:
    """Tables whose rows are read by DuckDB's own number of the row (rowid): Spark keeps none, so it is written with them."""
    for column in statement.find_all(exp.Column):
        select = column.parent_select
        if column.name.lower() != "rowid" or not isinstance(select, exp.Select):
            continue
        joined = [join.this for join in select.args.get("joins") or []]
        for source in [select.args["from_"].this, *(joined if column.table else [])]:
            if isinstance(source, exp.Table) and column.table in ("", source.alias_or_name):
                yield source.name


def _unfold_series(join: exp.Join) -> None:
    """FROM t, range(n) with n from each row of t."""
    source = join.this
    if not isinstance(source, exp.Table) or not isinstance(source.this, exp.GenerateSeries):
        return
    series = source.this
    if series.args["start"].name != "0" or not series.args.get("is_end_exclusive"):
        raise Untranslatable(series.sql("duckdb"))
    repeated = sqlglot.parse_one("EXPLODE(ARRAY_REPEAT(0, CAST(n AS INT)))", read="spark")
    join.set("this", exp.Lateral(this=_filled(repeated, {"n": series.args["end"]}).this))
