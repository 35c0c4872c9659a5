"""Root of the site's addresses. Every name here or below needs a rule in `horizon.kernel.access`."""

from django.urls import include, path

from horizon.actors.urls import ENTER, PROTECT
from horizon.opendata.urls import API

urlpatterns = [
    *ENTER,
    *PROTECT,
    *API,
    path("", include("horizon.portal.urls")),
    path("", include("horizon.opendata.urls")),
    path("", include("horizon.actors.urls")),
    path("", include("horizon.directory.urls")),
    path("", include("horizon.listening.urls")),
    path("", include("horizon.exchange.urls")),
    path("", include("horizon.relief.urls")),
    path("", include("horizon.pages.urls")),
    path("", include("horizon.subscriptions.urls")),
    path("", include("horizon.values.urls")),
    path("", include("horizon.care.urls")),
    path("", include("horizon.kernel.urls")),
]
handler400 = "horizon.portal.errors.bad_request"
handler403 = "horizon.portal.errors.forbidden"
handler404 = "horizon.portal.errors.not_found"
handler500 = "horizon.portal.errors.server_error"
