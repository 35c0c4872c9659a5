"""Addresses of subscriptions."""

from django.urls import path

from horizon.kernel.access import allow, everyone, signed_in
from horizon.subscriptions import views

app_name = "subscriptions"
PUBLIC = [
    path("abonnements/suivre/<slug:kind>/<slug:value>/", views.follow, name="follow"),
    path("abonnements/envoye/", views.asked, name="asked"),
    path("abonnements/confirmer/<slug:public_id>/<slug:key>/", views.confirm, name="confirm"),
    path("abonnements/arreter/<slug:public_id>/<slug:what>/<slug:key>/", views.stop, name="stop"),
    path("abonnements/<slug:public_id>/<slug:key>/", views.manage, name="manage"),
]
PERSONAL = [
    path("mes-abonnements/", views.mine, name="mine"),
]
urlpatterns = PUBLIC + PERSONAL
for rule, addresses in ((everyone, PUBLIC), (signed_in, PERSONAL)):
    allow(rule, *(f"subscriptions:{address.name}" for address in addresses))
