"""Addresses of open data: the API with its description and its page, the feeds, the files, the embeds."""

from django.urls import URLPattern, path

from horizon.kernel.access import allow, everyone
from horizon.opendata import embeds, feeds, views
from horizon.opendata.api import EDITIONED, api, edition_of, unknown_parameters
from horizon.opendata.serving import served

app_name = "opendata"
urlpatterns = [
    path("api/v1/<path:rest>", served(views.unknown), name="api-unknown"),
    path("donnees/", views.index, name="index"),
    path("donnees/<str:name>", served(views.file, tag=views.dump_tag), name="file"),
    path("flux/", feeds.index, name="feeds"),
    path("flux/<slug:name>.atom", served(feeds.feed), name="feed"),
    path("integrer/", embeds.choose, name="embed"),
    path("integrer/structure/<slug:public_id>/", embeds.one, name="embed-structure"),
    path("integrer/liste/", embeds.some, name="embed-list"),
]


def _versioned() -> list[URLPattern]:
    """The addresses of version 1 as ninja makes them, answered as `serving` says; their root is the page for people."""
    patterns: list[URLPattern] = [one for one in api.urls[0] if isinstance(one, URLPattern)]
    for one in patterns:
        name, view = one.name or "", one.callback
        assert view is not None
        if name == "api-root":
            one.callback = views.api_page
        else:
            one.callback = served(view, unknown_parameters, edition_of if name in EDITIONED else None)
    return patterns


_patterns = _versioned()
API = [path("api/v1/", (_patterns, "ninja", api.urls_namespace))]
allow(everyone, *(f"opendata:{address.name}" for address in urlpatterns))
allow(everyone, *(f"{api.urls_namespace}:{address.name}" for address in _patterns))
