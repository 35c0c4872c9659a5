"""Settings of the site, all from the environment; every value has a safe default for a laptop.

`horizon setup` writes them in HORIZON_VAR/horizon.env; a variable of the environment wins over the file.

HORIZON_VAR           folder for the database, marts, caches and the secret key (default: ./var)
HORIZON_DATABASE_URL  sqlite:///path or postgresql://user:password@host:port/name (default: sqlite in HORIZON_VAR)
HORIZON_MARTS         folder of the observatory's publications (default: HORIZON_VAR/marts)
HORIZON_HOSTS         comma-separated host names (default: localhost)
HORIZON_ORIGIN        public origin used in permanent links (default: http://localhost:8000, or the port that
                      `horizon serve` and `horizon demo` are given)
HORIZON_SECRET_KEY    secret; made once and kept in HORIZON_VAR when absent
HORIZON_SECRET_KEY_FALLBACKS  former secrets still accepted, separated by spaces (`horizon secret rotate` keeps its own)
HORIZON_DEBUG         1 for the developer's error pages
HORIZON_OPERATOR      name of the body that runs the site, for the legal pages
HORIZON_TERRITORY     code (SIREN) of the intercommunalité that `horizon publish` publishes
HORIZON_SOURCE        address of the code that runs here, for the legal pages (AGPL, section 13)
HORIZON_PROXIES       how many trusted proxies stand in front of the site (Caddy or nginx: 1; default 0)
HORIZON_GEO_API       address of the State's geo API, for official outlines
HORIZON_SMTP_URL      smtp://user:password@host:587 or smtps://…; without it, messages are files of HORIZON_VAR/mail
HORIZON_MAIL_FROM     address that messages come from (default: horizon@ the first host name)
HORIZON_DEMO_MODE     1 shows « entrer comme… »; refused on a database that the demonstration did not make
HORIZON_API_RATE      requests a minute that one address may make to the API and the feeds (default: 300)
HORIZON_SITE_CHECKS   how many declared web addresses are asked in a day whether they still answer (default: 200; 0: none)
HORIZON_SITE_CHECKS_LOOPBACK  1 lets those checks ask this very machine: for tests, refused where the origin is not this machine
HORIZON_WARM          0 loads what pairs offers and asks at its first use rather than at start (slower once, 200 MB less till then)
HORIZON_SECOND_FACTOR 1 asks those who animate for a passkey or an application of codes before the desk opens to them
HORIZON_PROCONNECT_ISSUER, _CLIENT_ID, _CLIENT_SECRET  entering by ProConnect for agents (default: off)
HORIZON_PROCONNECT_ACR  level asked of ProConnect, such as eidas1 (default: none asked)
HORIZON_AUTHORITIES   comma-separated SIREN of the territory's authorities, whose agents are suggested to the desk
HORIZON_RGAA_AUDIT    rate, day and author of the last accessibility audit, such as: 82,5 2027-03-01 Cabinet Untel
HORIZON_CONTACT       postal or e-mail address of the operator, for the legal pages
"""

import os
from pathlib import Path

from csp.constants import NONE, SELF

from horizon.config.environment import (
    database_config,
    former_keys,
    load_environment_file,
    loopback_allowed,
    mail_config,
    origin_of,
    proconnect_issuer,
    secret_key,
)

load_environment_file()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("HORIZON_VAR", "var")).resolve()
MARTS = Path(os.environ.get("HORIZON_MARTS", VAR / "marts")).resolve()
ORIGIN = (os.environ.get("HORIZON_ORIGIN") or "http://localhost:8000").rstrip("/")
OPERATOR = os.environ.get("HORIZON_OPERATOR", "")
CONTACT = os.environ.get("HORIZON_CONTACT", "")
RGAA_AUDIT = os.environ.get("HORIZON_RGAA_AUDIT", "")
TERRITORY = os.environ.get("HORIZON_TERRITORY", "")
PROXIES = ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("HORIZON_PROXIES") or 0)
SOURCE = os.environ.get("HORIZON_SOURCE", "")
API_RATE = int(os.environ.get("HORIZON_API_RATE") or 300)
SITE_CHECKS = int(os.environ.get("HORIZON_SITE_CHECKS") or 200)
SITE_CHECKS_LOOPBACK = loopback_allowed(os.environ.get("HORIZON_SITE_CHECKS_LOOPBACK", ""), ORIGIN)
WARM = os.environ.get("HORIZON_WARM") != "0"
GEO_API = os.environ.get("HORIZON_GEO_API", "https://geo.api.gouv.fr").rstrip("/")

SECRET_KEY = os.environ.get("HORIZON_SECRET_KEY") or secret_key(VAR)
SECRET_KEY_FALLBACKS = former_keys(VAR, os.environ.get("HORIZON_SECRET_KEY_FALLBACKS", ""))
DEBUG = os.environ.get("HORIZON_DEBUG") == "1"
ALLOWED_HOSTS = [h for h in os.environ.get("HORIZON_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if h]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_tasks",
    "django_tasks_db",
    "csp",
    "horizon.kernel",
    "horizon.territory",
    "horizon.actors",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "horizon.actors.opened.OpenedConfig",
    "horizon.directory",
    "horizon.listening",
    "horizon.exchange",
    "horizon.relief",
    "horizon.pages",
    "horizon.subscriptions",
    "horizon.values",
    "horizon.care",
    "horizon.crossings",
    "horizon.portal",
    "horizon.opendata",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "horizon.kernel.spaces.FrenchSpacesMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "horizon.kernel.access.AccessMiddleware",
    "horizon.actors.age.AgeMiddleware",
    "horizon.actors.sessions.SessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "horizon.config.urls"
WSGI_APPLICATION = "horizon.config.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["horizon.kernel.templatetags.atlas"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "horizon.portal.context.site",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

DATABASES = {"default": database_config(os.environ.get("HORIZON_DATABASE_URL", ""), VAR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {  # counters of rates: evicted, a limit is forgotten
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    "template_fragments": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "fragments",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
    # A hundred kilobytes each, and anybody may ask for those of all France.
    "documents": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "documents",
        "OPTIONS": {"MAX_ENTRIES": 20},
    },
    # Whole pages of lists, of which robots ask as many as there are filters: few, and not for long.
    "lists": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "lists",
        "TIMEOUT": 3600,
        "OPTIONS": {"MAX_ENTRIES": 500},
    },
    "pairing": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pairing",
        "TIMEOUT": 3600,
        "OPTIONS": {"MAX_ENTRIES": 1000},
    },
    "pairing_counts": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pairing_counts",
        "TIMEOUT": 600,
    },
}
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

AUTH_USER_MODEL = "actors.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "actors:me"
ACCOUNT_LOGOUT_REDIRECT_URL = "portal:home"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # the code is the proof of the address
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 900
ACCOUNT_RATE_LIMITS = {"request_login_code": "20/m/ip,3/m/key,15/h/key,40/d/key"}  # sending again counts too
ACCOUNT_LOGIN_BY_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_FORMS = {"request_login_code": "horizon.actors.signin.AddressForm"}
ACCOUNT_ADAPTER = "horizon.actors.signin.Adapter"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the code that opened the account is the proof of the address
MFA_TOTP_ISSUER = "Horizon Commun"
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = ORIGIN.startswith(("http://localhost", "http://127.0.0.1"))
MFA_ADAPTER = "horizon.actors.keys.MFAAdapter"
MFA_FORMS = {
    "authenticate": "horizon.actors.keys.CodeForm",
    "activate_totp": "horizon.actors.keys.AppForm",
    "add_webauthn": "horizon.actors.keys.KeyForm",
    "edit_webauthn": "horizon.actors.keys.RenameKeyForm",
}
PROTECT_URL = "mfa_index"
PROCONNECT_ISSUER = proconnect_issuer(os.environ.get("HORIZON_PROCONNECT_ISSUER", ""))
PROCONNECT_CLIENT_ID = os.environ.get("HORIZON_PROCONNECT_CLIENT_ID", "")
PROCONNECT_CLIENT_SECRET = os.environ.get("HORIZON_PROCONNECT_CLIENT_SECRET", "")
PROCONNECT_ACR = os.environ.get("HORIZON_PROCONNECT_ACR", "")
PROCONNECT_CALLBACK = f"{ORIGIN}/entrer/proconnect/retour/"
AUTHORITIES = frozenset(
    code.strip() for code in os.environ.get("HORIZON_AUTHORITIES", TERRITORY).split(",") if code.strip()
)
SECOND_FACTOR = os.environ.get("HORIZON_SECOND_FACTOR") == "1"
SESSION_COOKIE_AGE = 90 * 86_400
DEMO_MODE = os.environ.get("HORIZON_DEMO_MODE") == "1"

globals().update(mail_config(os.environ.get("HORIZON_SMTP_URL", ""), VAR))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("HORIZON_MAIL_FROM") or f"horizon@{ALLOWED_HOSTS[0]}"
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR / "media"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LANGUAGE_CODE = "fr"
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": os.environ.get("HORIZON_STATIC", "whitenoise.storage.CompressedStaticFilesStorage")
    },
}
WHITENOISE_USE_FINDERS = True

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF, *([origin_of(PROCONNECT_ISSUER)] if PROCONNECT_ISSUER else [])],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
if PROXIES:  # only a proxy that we trust may say that the reader came by https: without one, anybody could
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ORIGIN.startswith("https://")
if SESSION_COOKIE_SECURE:  # a cookie that no other host, subdomain or plain connection may set
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SECURE_HSTS_SECONDS = 31_536_000 if ORIGIN.startswith("https://") else 0
CSRF_TRUSTED_ORIGINS = [ORIGIN]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
