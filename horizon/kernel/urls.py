"""The seals of the journal and what verifies them, for everybody; what was sent after a session ended, for who sent it."""

from django.urls import path

from horizon.kernel import views
from horizon.kernel.access import allow, everyone, signed_in

app_name = "kernel"
PUBLIC = [
    path("journal/", views.journal, name="journal"),
    path("journal/sceaux.txt", views.seals, name="journal-seals"),
    path("journal/verify.py", views.verifier, name="journal-verifier"),
    path("reprendre/oublier/", views.forget_interrupted, name="forget-interrupted"),
]
PERSONAL = [path("reprendre/", views.take_up, name="take-up")]
urlpatterns = [*PUBLIC, *PERSONAL]
allow(everyone, *(f"kernel:{address.name}" for address in PUBLIC))
allow(signed_in, *(f"kernel:{address.name}" for address in PERSONAL))
