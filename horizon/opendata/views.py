"""The pages of open data: what there is, the files, how to use the API."""

from __future__ import annotations

from typing import BinaryIO

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from horizon.directory.licences import ADDRESS, NAME
from horizon.opendata import dumps, queries
from horizon.opendata.api import api
from horizon.opendata.serving import problem


@require_safe
def api_page(request: HttpRequest) -> HttpResponse:
    """How to use the API: drawn from its own description, with no script and no request to anybody else."""
    described = api.get_openapi_schema()
    groups: dict[str, list[dict]] = {}
    for path, methods in described["paths"].items():
        operation = methods["get"]
        shape = operation["responses"][200]["content"]["application/json"]["schema"]
        groups.setdefault(operation["tags"][0], []).append(
            {
                "path": path,
                "operation": operation,
                "asked": [_parameter(one) for one in operation["parameters"]],
                "fields": _fields(shape, described["components"]["schemas"]),
                "try": "{" not in path,
            }
        )
    return render(
        request,
        "opendata/api.html",
        {"groups": groups.items(), "info": described["info"], "licence": NAME, "licence_href": ADDRESS},
    )


def _parameter(described: dict) -> dict:
    schema = described["schema"]
    options = [schema, *schema.get("anyOf", [])]
    if "items" in schema:
        options.append(schema["items"])
    codes = next((one["enum"] for one in options if "enum" in one), None)
    codes = codes or [one["const"] for one in options if "const" in one]
    return {
        "name": described["name"],
        "says": described.get("description", ""),
        "codes": codes if codes and len(codes) > 1 else [],
        "path": described["in"] == "path",
        "default": schema.get("default"),
    }


def _fields(shape: dict, shapes: dict) -> list[tuple[str, str]]:
    """The fields of one result, with what there is to say of them."""
    found = shapes[shape["$ref"].rsplit("/", 1)[1]]["properties"]
    items = found.get("resultats", {}).get("items", {})
    if "$ref" in items:
        found = shapes[items["$ref"].rsplit("/", 1)[1]]["properties"]
    return [(name, said.get("description", "")) for name, said in found.items()]


def unknown(request: HttpRequest, rest: str) -> HttpResponse:
    """An address of the API that does not exist."""
    return problem(404, "Cette adresse n’existe pas. Celles qui existent sont dites à /api/v1/.")


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What may be taken away: each file, its size, its day, its licence, how to cite it."""
    return render(
        request,
        "opendata/index.html",
        {"dump": dumps.current(), "licence": NAME, "licence_href": ADDRESS, "few": queries.FEW},
    )


def file(request: HttpRequest, name: str) -> HttpResponseBase:
    """One file of the current dumps; when newer ones come between two steps, theirs."""
    opened = _opened(name) or _opened(name)
    if opened is None:
        return problem(404, "Ce fichier n’existe pas. Ceux qui existent sont dits à /donnees/.")
    dump, found, stream = opened
    response = FileResponse(stream, content_type=found.media)
    if not found.shown:
        response["Content-Disposition"] = f'attachment; filename="{dump.prefix}-{found.name}"'
    response["Last-Modified"] = http_date(dump.made_at.timestamp())
    return response


def _opened(name: str) -> tuple[dumps.Dump, dumps.File, BinaryIO] | None:
    dump = dumps.current()
    found = next((one for one in dump.files if one.name == name), None) if dump else None
    if dump is None or found is None:
        return None
    try:
        return dump, found, (dump.folder / found.name).open("rb")
    except FileNotFoundError:
        return None


def dump_tag(request: HttpRequest) -> str:
    """What a file depends on: which dump is current."""
    dump = dumps.current()
    return dump.folder.name if dump else ""
