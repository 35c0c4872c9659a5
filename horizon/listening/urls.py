"""Addresses of listening."""

from django.urls import path

from horizon.kernel.access import allow, everyone, operators, signed_in
from horizon.listening.views import answers, desk, needs

app_name = "listening"
PUBLIC = [
    path("besoins/", needs.index, name="list"),
    path("besoins.csv", needs.csv_file, name="csv"),
    path("besoins/dire/", needs.say, name="say"),
    path("besoins/papier/", needs.paper, name="paper"),
    path("besoins/voix/<slug:public_id>/<slug:key>/", needs.mine, name="mine"),
    path("besoins/voix/<slug:public_id>/<slug:key>/effacer/", needs.erase, name="erase"),
    path("besoins/<slug:public_id>/", needs.show, name="need"),
    path("besoins/<slug:public_id>/moi-aussi/", needs.too, name="too"),
]
PERSONAL = [
    path("besoins/<slug:public_id>/repondre/", answers.answer, name="answer"),
    path("besoins/repondre/ensemble/", answers.answer_together, name="answer-together"),
    path("besoins/reponses/<slug:public_id>/reprendre/", answers.take_back, name="take-back"),
]
DESK = [
    path("bureau/besoins/fiche/", desk.by_reference, name="by-reference"),
    path("bureau/besoins/voix/<slug:public_id>/montrer/", desk.show_voice, name="show-voice"),
    path("bureau/besoins/voix/<slug:public_id>/ne-pas-montrer/", desk.hide_voice, name="hide-voice"),
    path("bureau/besoins/saisir/", desk.type_in, name="type-in"),
    path("bureau/besoins/<slug:public_id>/", desk.manage, name="manage"),
    path("bureau/besoins/<slug:public_id>/adresser/", desk.address, name="address"),
    path("bureau/besoins/<slug:public_id>/ne-pas-publier/", desk.refuse, name="refuse"),
    path("bureau/besoins/<slug:public_id>/reunir/", desk.group, name="group"),
    path("bureau/besoins/<slug:public_id>/separer/", desk.split, name="split"),
]
urlpatterns = PUBLIC + PERSONAL + DESK
for rule, addresses in ((everyone, PUBLIC), (signed_in, PERSONAL), (operators, DESK)):
    allow(rule, *(f"listening:{address.name}" for address in addresses))
