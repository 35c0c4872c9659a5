"""The directory's pages and its exports."""

from django.urls import path

from horizon.directory import views
from horizon.kernel.access import allow, everyone

app_name = "directory"
urlpatterns = [
    path("annuaire/", views.entry_list, name="list"),
    path("annuaire.csv", views.entry_csv, name="csv"),
    path("annuaire/positions", views.positions, name="positions"),
    path("annuaire/communes.geojson", views.communes_geojson, name="communes"),
    path("annuaire/fiches", views.cards_of, name="cards"),
    path("structures/<slug:public_id>/", views.entry, name="entry"),
    path("photos/<slug:public_id>.webp", views.photo, name="photo"),
]
allow(everyone, *(f"directory:{address.name}" for address in urlpatterns))
