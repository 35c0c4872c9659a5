"""The directory's pages and its exports."""

from django.urls import path

from horizon.actors.fresh import freshly
from horizon.directory import views, writing
from horizon.kernel.access import allow, everyone, operators

app_name = "directory"
PUBLIC = [
    path("annuaire/", views.entry_list, name="list"),
    path("annuaire.csv", views.entry_csv, name="csv"),
    path("annuaire/positions", views.positions, name="positions"),
    path("annuaire/communes.geojson", views.communes_geojson, name="communes"),
    path("annuaire/fiches", views.cards_of, name="cards"),
    path("structures/<slug:public_id>/", views.entry, name="entry"),
    path("photos/<slug:public_id>.webp", views.photo, name="photo"),
]
DESK = [path("bureau/annuaire/adresses/", freshly(writing.addresses), name="addresses")]
urlpatterns = PUBLIC + DESK
for rule, addresses in ((everyone, PUBLIC), (operators, DESK)):
    allow(rule, *(f"directory:{address.name}" for address in addresses))
