"""Addresses of exchange."""

from django.urls import path

from horizon.exchange.views import deals, listings, noted, pictures, together
from horizon.kernel.access import allow, everyone, operators, signed_in

app_name = "exchange"
PUBLIC = [
    path("echanges/", listings.index, name="list"),
    path("echanges.csv", listings.csv_file, name="csv"),
    path("echanges/photos/<slug:public_id>.webp", pictures.picture, name="picture"),
    path("echanges/<slug:public_id>/", listings.show, name="listing"),
]
PERSONAL = [
    path("echanges/ecrire/<slug:side>/", listings.write, name="write"),
    path("mes-echanges/", listings.mine, name="mine"),
    path("echanges/<slug:public_id>/changer/", listings.edit, name="edit"),
    path("echanges/<slug:public_id>/publier/", listings.publish, name="publish"),
    path("echanges/<slug:public_id>/renouveler/", listings.renew, name="renew"),
    path("echanges/<slug:public_id>/retirer/", listings.close, name="close"),
    path("echanges/<slug:public_id>/photos/", pictures.pictures, name="pictures"),
    path("echanges/<slug:public_id>/photos/<slug:picture>/", pictures.change_picture, name="picture-change"),
    path("echanges/<slug:public_id>/repondre/", deals.propose, name="propose"),
    path("echanges/<slug:public_id>/ensemble/", together.propose, name="together"),
    path("accords/<slug:public_id>/", deals.show, name="deal"),
    path("accords/<slug:public_id>/accepter/", deals.accept, name="accept"),
    path("accords/<slug:public_id>/sans-suite/", deals.decline, name="decline"),
    path("accords/<slug:public_id>/ecrire/", deals.write, name="message"),
    path("accords/<slug:public_id>/confirmer/", deals.agree, name="agree"),
    path("accords/<slug:public_id>/defaire/", deals.reopen, name="reopen"),
    path("accords/<slug:public_id>/rendu/", deals.note_return, name="return"),
]
DESK = [
    path("bureau/echanges/", deals.funnel, name="funnel"),
    path("bureau/echanges/noter/<slug:side>/", noted.note, name="note"),
]
urlpatterns = PUBLIC + PERSONAL + DESK
for rule, addresses in ((everyone, PUBLIC), (signed_in, PERSONAL), (operators, DESK)):
    allow(rule, *(f"exchange:{address.name}" for address in addresses))
