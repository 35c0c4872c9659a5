"""Addresses of values: what is said, its versions, and visits."""

from django.urls import path

from horizon.kernel.access import allow, everyone, operators, signed_in
from horizon.values.views import assessments, visits

app_name = "values"
PUBLIC = [
    path("valeurs/", assessments.index, name="index"),
    path("structures/<slug:public_id>/valeurs/", assessments.show, name="show"),
    path("structures/<slug:public_id>/valeurs.csv", assessments.export, name="csv"),
    path("structures/<slug:public_id>/valeurs/<int:number>/", assessments.version, name="version"),
    path("visites/<slug:public_id>/", visits.show, name="visit"),
]
PERSONAL = [
    path("structures/<slug:public_id>/valeurs/ecrire/", assessments.write, name="write"),
    path("structures/<slug:public_id>/valeurs/retirer/", assessments.withdraw, name="withdraw"),
    path("structures/<slug:public_id>/valeurs/visite/", visits.propose, name="propose"),
    path("visites/<slug:public_id>/repondre/", visits.answer, name="answer"),
    path("visites/<slug:public_id>/compte-rendu/", visits.report, name="report"),
    path("visites/<slug:public_id>/reponse/", visits.reply, name="reply"),
    path("visites/<slug:public_id>/agir/", visits.act, name="act"),
]
DESK = [path("structures/<slug:public_id>/valeurs/visite/noter/", visits.note, name="note")]
urlpatterns = PUBLIC + PERSONAL + DESK
for rule, addresses in ((everyone, PUBLIC), (signed_in, PERSONAL), (operators, DESK)):
    allow(rule, *(f"values:{address.name}" for address in addresses))
