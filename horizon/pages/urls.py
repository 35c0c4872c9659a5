"""Addresses of pages."""

from django.urls import path

from horizon.kernel.access import allow, everyone, operators
from horizon.pages import views

app_name = "pages"
PUBLIC = [
    path("parcours/", views.guide, name="guide"),
    path("parcours/garder/", views.keep, name="keep"),
    path("parcours/<slug:public_id>/<slug:key>/", views.kept, name="path"),
    path("parcours/lire/<slug:public_id>/<slug:key>/", views.read, name="path-read"),
    path("ailleurs/", views.elsewhere, name="elsewhere"),
    path("ailleurs.csv", views.elsewhere_csv, name="elsewhere-csv"),
]
DESK = [
    path("bureau/textes/", views.desk, name="desk"),
    path("bureau/textes/<slug:kind>/ecrire/", views.write, name="write-new"),
    path("bureau/textes/<slug:kind>/<slug:code>/ecrire/", views.write, name="write"),
    path("bureau/textes/<slug:kind>/<slug:code>/", views.history, name="history"),
]
urlpatterns = PUBLIC + DESK
for rule, addresses in ((everyone, PUBLIC), (operators, DESK)):
    allow(rule, *(f"pages:{address.name}" for address in addresses))
