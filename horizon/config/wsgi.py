"""WSGI entry point served by granian."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from horizon.config import in_use
from horizon.config.demonstration import refuse_real_database

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "horizon.config.settings")
application = get_wsgi_application()
in_use.hold()

if settings.DEMO_MODE:
    refuse_real_database()
if settings.WARM:
    from horizon.exchange.shipped import warm

    warm()
