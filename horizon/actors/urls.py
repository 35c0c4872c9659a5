"""Addresses of the actors: entering, one's own space, an organization's team, the collective, poles, mandates."""

from allauth.account import views as allauth
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import path

from horizon.actors.fresh import freshly
from horizon.actors.views import (
    account,
    collective,
    contacts,
    dues,
    links,
    names,
    organization,
    poles,
    proconnect,
    security,
    sessions,
)
from horizon.kernel.access import allow, everyone, operators, signed_in
from horizon.kernel.interrupted import keep_nothing_sent_to

ENTER = [
    path("entrer/", account.enter, name="account_login"),
    path("entrer/", account.enter, name="account_request_login_code"),
    path("entrer/code/", account.confirm_code, name="account_confirm_login_code"),
    path("entrer/ferme/", allauth.account_inactive, name="account_inactive"),
    path("entrer/seconde-etape/", mfa.authenticate, name="mfa_authenticate"),
    path("entrer/cle/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("entrer/proconnect/", proconnect.begin, name="proconnect"),
    path("entrer/proconnect/retour/", proconnect.back, name="proconnect-back"),
    path("sortir/", proconnect.leave, name="account_logout"),
]
SAFE = "moi/securite/"
PROTECT = [
    path("moi/confirmer/", security.confirm, name="account_reauthenticate"),
    path(SAFE, mfa.index, name="mfa_index"),
    path(f"{SAFE}cles/", mfa.index, name="mfa_list_webauthn"),
    path(f"{SAFE}cles/ajouter/", freshly(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path(f"{SAFE}cles/<int:pk>/nom/", freshly(webauthn.edit_webauthn), name="mfa_edit_webauthn"),
    path(f"{SAFE}cles/<int:pk>/retirer/", freshly(webauthn.remove_webauthn), name="mfa_remove_webauthn"),
    path(f"{SAFE}application/", freshly(totp.activate_totp), name="mfa_activate_totp"),
    path(f"{SAFE}application/retirer/", freshly(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path(f"{SAFE}secours/", freshly(recovery.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        f"{SAFE}secours/faire/", freshly(recovery.generate_recovery_codes), name="mfa_generate_recovery_codes"
    ),
    path(
        f"{SAFE}secours/codes.txt",
        freshly(recovery.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
]
allow(everyone, *(address.name for address in ENTER))
allow(signed_in, *(address.name for address in PROTECT))
keep_nothing_sent_to(*(address.name for address in [*ENTER, *PROTECT]))

app_name = "actors"
PUBLIC = [
    path("entrer/comme/", account.demo_enter, name="demo-enter"),
    path("poles/", poles.index, name="poles"),
    path("poles/<slug:code>/", poles.show, name="pole"),
    path("liens/<slug:public_id>/", links.show, name="link"),
]
PERSONAL = [
    path("moi/", account.me, name="me"),
    path("moi/age/", account.of_age, name="of-age"),
    path("moi/donnees.json", freshly(account.export), name="export"),
    path("moi/effacer/", freshly(account.erase), name="erase"),
    path("moi/connexions/", sessions.mine, name="sessions"),
    path("moi/appareils/", account.sign_out_everywhere, name="sign-out-everywhere"),
    path("moi/roles/<int:pk>/", account.role, name="role"),
    path("moi/demandes/<int:pk>/retirer/", account.withdraw_ask, name="ask-withdraw"),
    path("moi/mandats/<int:pk>/", account.mandate, name="mandate"),
    path("moi/mandats/<int:pk>/joindre/", account.mandate_contacts, name="mandate-contacts"),
    path("invitations/<str:token>/", account.invitation, name="invitation"),
    path("structures/<slug:public_id>/rejoindre/", organization.ask_to_join, name="ask"),
    path("structures/<slug:public_id>/equipe/", organization.team, name="team"),
    path("structures/<slug:public_id>/equipe/<int:pk>/", organization.answer, name="answer"),
    path("structures/<slug:public_id>/equipe/roles/<int:pk>/fin/", organization.end_role, name="end-role"),
    path("structures/<slug:public_id>/relais/", organization.relay, name="relay"),
    path("structures/<slug:public_id>/relais/<int:pk>/fin/", organization.end_relay, name="relay-end"),
    path("structures/<slug:public_id>/adherer/", organization.join, name="join"),
    path("structures/<slug:public_id>/partir/", organization.leave, name="leave"),
    path("structures/<slug:public_id>/attestation/", organization.attestation, name="attestation"),
    path("structures/<slug:public_id>/liens/", links.mine, name="links"),
    path("liens/<slug:public_id>/repondre/", links.answer, name="link-answer"),
    path("liens/<slug:public_id>/fin/", links.end, name="link-end"),
    path("liens/<slug:public_id>/reprendre/", links.reopen, name="link-reopen"),
]
DESK = [
    path("bureau/membres/", collective.members, name="members"),
    path("bureau/membres.csv", freshly(collective.members_csv), name="members-csv"),
    path("bureau/membres/adresses/", freshly(collective.members_addresses), name="members-addresses"),
    path("bureau/membres/cotisations/", dues.of_selection, name="dues"),
    path("bureau/contacts/", contacts.index, name="contacts"),
    path("bureau/contacts.csv", freshly(contacts.csv_file), name="contacts-csv"),
    path("bureau/contacts/adresses/", freshly(contacts.addresses), name="contacts-addresses"),
    path("bureau/structures/<slug:public_id>/personnes/", contacts.keep, name="contact-keep"),
    path("bureau/structures/<slug:public_id>/personnes/<int:pk>/", contacts.change, name="contact-change"),
    path(
        "bureau/structures/<slug:public_id>/personnes/<int:pk>/effacer/",
        contacts.forget,
        name="contact-forget",
    ),
    path("bureau/structures/<slug:public_id>/", collective.contact, name="contact"),
    path("bureau/structures/<slug:public_id>/nature/", collective.change_kind, name="change-kind"),
    path("bureau/adhesions/<int:pk>/", collective.decide, name="decide"),
    path("bureau/adhesions/<int:pk>/cotisation/", dues.ask_due, name="ask-due"),
    path("bureau/cotisations/<int:pk>/", dues.due, name="due"),
    path("bureau/notes/<int:pk>/", collective.finish_note, name="finish-note"),
    path("bureau/notes/<int:pk>/corriger/", collective.correct_note, name="correct-note"),
    path("bureau/notes/<int:pk>/effacer/", collective.delete_note, name="delete-note"),
    path("liens/<slug:public_id>/preuve/", links.evidence, name="link-evidence"),
    path("bureau/noms/<slug:public_id>/", names.left_name, name="left-name"),
    path("bureau/colleges/", collective.colleges, name="colleges"),
    path("bureau/poles/", poles.manage, name="manage-poles"),
    path("bureau/poles/<slug:code>/", poles.describe, name="describe-pole"),
    path("bureau/mandats/", poles.mandates, name="mandates"),
    path("bureau/mandats.csv", freshly(poles.mandates_csv), name="mandates-csv"),
    path("bureau/mandats/adresses/", freshly(poles.mandates_addresses), name="mandates-addresses"),
    path("bureau/mandats/nouveau/", freshly(poles.new_mandate), name="new-mandate"),
    path("bureau/mandats/<int:pk>/corriger/", freshly(poles.correct_mandate), name="correct-mandate"),
    path("bureau/mandats/<int:pk>/", freshly(poles.end_mandate), name="end-mandate"),
]
urlpatterns = PUBLIC + PERSONAL + DESK
for rule, addresses in ((everyone, PUBLIC), (signed_in, PERSONAL), (operators, DESK)):
    allow(rule, *(f"actors:{address.name}" for address in addresses))
