"""Addresses of open data: the API with its description and its page, the feeds, the files, the embeds."""

from django.urls import path

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
_patterns, _app, _namespace = api.urls
for _pattern in _patterns:
    if _pattern.name == "api-root":
        _pattern.callback = views.api_page
    elif _pattern.name in EDITIONED:
        _pattern.callback = served(_pattern.callback, unknown_parameters, edition_of)
    else:
        _pattern.callback = served(_pattern.callback, unknown_parameters)
API = [path("api/v1/", (_patterns, _app, _namespace))]
allow(everyone, *(f"opendata:{address.name}" for address in urlpatterns))
allow(everyone, *(f"{_namespace}:{address.name}" for address in _patterns))
