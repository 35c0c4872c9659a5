"""Addresses of relief."""

from django.urls import path

from horizon.kernel.access import allow, everyone, operators, signed_in
from horizon.relief.views import calls, phone, volunteers

app_name = "relief"
PUBLIC = [
    path("entraide/", calls.index, name="index"),
    path("entraide/demander/", calls.ask_help, name="ask"),
    path("entraide/appels/<slug:public_id>/", calls.show, name="call"),
    path("entraide/appels/<slug:public_id>/suivre/<slug:key>/", calls.follow, name="follow"),
    path("entraide/appels/<slug:public_id>/agir/", calls.act, name="act"),
    path("entraide/appels/<slug:public_id>/agir/<slug:key>/", calls.act, name="act-keyed"),
    path("entraide/reponse/<slug:public_id>/<slug:key>/", volunteers.answer, name="answer"),
]
PERSONAL = [
    path("entraide/disponible/", volunteers.available, name="available"),
    path("entraide/disponible/changer/", volunteers.change, name="change"),
    path("entraide/appels/<slug:public_id>/aider/", volunteers.help_out, name="help"),
]
DESK = [
    path("bureau/entraide/", phone.desk, name="desk"),
    path("bureau/entraide/<slug:public_id>/", phone.phone, name="phone"),
    path("bureau/entraide/<slug:public_id>/ne-pas-publier/", phone.refuse, name="refuse"),
]
urlpatterns = PUBLIC + PERSONAL + DESK
for rule, addresses in ((everyone, PUBLIC), (signed_in, PERSONAL), (operators, DESK)):
    allow(rule, *(f"relief:{address.name}" for address in addresses))
