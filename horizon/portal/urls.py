"""Public pages."""

from django.urls import path

from horizon.kernel.access import allow, everyone
from horizon.portal import collective, coverage, handbook, network, panorama, views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("portes/<slug:code>/", views.door, name="door"),
    path("communes/", views.communes, name="communes"),
    path("communes/<str:code>/", views.commune, name="commune"),
    path("collectif/", collective.show, name="collective"),
    path("panorama/", panorama.index, name="panorama-index"),
    path("ce-qui-manque/", coverage.show, name="coverage"),
    path("reseau/", network.index, name="network"),
    path("reseau/sans-lien/", network.alone, name="network-alone"),
    path("reseau/par-qui-passer/", network.ways, name="ways"),
    path("reseau.csv", network.csv_file, name="network-csv"),
    path("reseau.graphml", network.graphml_file, name="network-graphml"),
    path("panorama/<str:code>/", panorama.show, name="panorama"),
    path("methodes/", views.methods, name="methods"),
    path("aide/", handbook.index, name="handbook"),
    path("aide/<slug:slug>/", handbook.show, name="guide"),
    path("mentions-legales/", views.legal, name="legal"),
    path("vie-privee/", views.privacy, name="privacy"),
    path("vie-privee/registre/", views.processing_register, name="processing-register"),
    path("moins-de-15-ans/", views.younger, name="younger"),
    path("accessibilite/", views.accessibility, name="accessibility"),
    path("plan-du-site/", views.sitemap, name="sitemap"),
    path("robots.txt", views.robots, name="robots"),
    path("healthz", views.health, name="health"),
]
allow(everyone, *(f"portal:{address.name}" for address in urlpatterns))
