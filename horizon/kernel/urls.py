"""What the kernel shows to everybody: the seals of the journal, and what verifies them."""

from django.urls import path

from horizon.kernel import views
from horizon.kernel.access import allow, everyone

app_name = "kernel"
urlpatterns = [
    path("journal/", views.journal, name="journal"),
    path("journal/sceaux.txt", views.seals, name="journal-seals"),
    path("journal/verify.py", views.verifier, name="journal-verifier"),
]
allow(everyone, *(f"kernel:{address.name}" for address in urlpatterns))
