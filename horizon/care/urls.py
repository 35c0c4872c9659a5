"""Addresses of care: corrections, claims, missing structures, reports, and the desk."""

from django.urls import path

from horizon.care.freshness import views as freshness
from horizon.care.imports import views as imports
from horizon.care.views import claims, contents, corrections, desk, duplicates, history, links, reports
from horizon.kernel.access import allow, everyone, operators, signed_in

app_name = "care"
PUBLIC = [
    path("signaler/<slug:record_type>/<slug:record_id>/", contents.report_content, name="report-content"),
    path("ajouter/", corrections.missing, name="missing"),
    path("ajouter/deja/", duplicates.likely, name="likely"),
    path("structures/<slug:public_id>/reunions/", duplicates.merged, name="merged"),
    path("signalements/<slug:public_id>/<slug:side>/<slug:key>/", contents.decision, name="content-decision"),
    path("structures/<slug:public_id>/signaler/", reports.report, name="report"),
    path("structures/<slug:public_id>/corriger/", corrections.edit, name="edit"),
    path("structures/<slug:public_id>/historique/", history.history, name="history"),
    path("toujours-exact/<str:key>/", freshness.still_right, name="still-right"),
]
PERSONAL = [
    path("bureau/", desk.desk, name="desk"),
    path("bureau/repondu/", desk.answered, name="answered"),
    path("bureau/doublons/<int:pk>/", duplicates.duplicate, name="duplicate"),
    path("bureau/suggestions/<int:pk>/", corrections.suggestion, name="suggestion"),
    path("structures/<slug:public_id>/historique/annuler/", history.undo, name="history-undo"),
    path("structures/<slug:public_id>/revendiquer/", claims.claim_page, name="claim-page"),
    path("structures/<slug:public_id>/confirmer/", freshness.confirm, name="confirm"),
    path("structures/<slug:public_id>/confirmer/annuler/", freshness.undo_confirm, name="undo-confirm"),
    path("structures/<slug:public_id>/fermeture/", freshness.closure, name="closure"),
    path("structures/<slug:public_id>/images/", corrections.photos, name="photos"),
    path("structures/<slug:public_id>/images/<slug:photo>/", corrections.photo, name="photo-remove"),
    path("structures/<slug:public_id>/relier/", links.declare_link, name="declare-link"),
    path("revendications/<slug:public_id>/", claims.claim, name="claim"),
]
DESK = [
    path("bureau/imports/", imports.imports, name="imports"),
    path("bureau/imports/<slug:public_id>/", imports.one_import, name="import"),
    path("bureau/imports/<slug:public_id>/etat/", imports.progress, name="import-progress"),
    path("bureau/imports/<slug:public_id>/fichier/", imports.original, name="import-file"),
    path("bureau/imports/<slug:public_id>/resultat.csv", imports.result, name="import-result"),
    path("bureau/imports/<slug:public_id>/lignes/<int:number>/", imports.line, name="import-line"),
    path("bureau/doublons/<int:pk>/separer/", duplicates.split, name="split"),
    path("bureau/fraicheur/", freshness.calls, name="calls"),
    path("bureau/courriers/", claims.letters, name="letters"),
    path("bureau/manquantes/<slug:public_id>/", corrections.missing_answer, name="missing-answer"),
]
urlpatterns = PUBLIC + PERSONAL + DESK
for rule, addresses in ((everyone, PUBLIC), (signed_in, PERSONAL), (operators, DESK)):
    allow(rule, *(f"care:{address.name}" for address in addresses))
