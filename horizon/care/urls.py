"""Reporting an error on an entry."""

from django.urls import path

from horizon.care import views
from horizon.kernel.access import allow, everyone

app_name = "care"
urlpatterns = [path("structures/<slug:public_id>/signaler/", views.report, name="report")]
allow(everyone, *(f"care:{address.name}" for address in urlpatterns))
