"""All settings, from the environment. `.env` in the project folder fills what it leaves unset."""

import os
from datetime import timedelta
from pathlib import Path

import django_stubs_ext
from csp.constants import NONE, SELF
from environ import Env

from rcm_site.env import Environment

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

# ENV_FILE names another file than .env; the tests point it at nothing.
ENV_FILE = Path(os.environ.get("ENV_FILE", BASE_DIR / ".env"))
if ENV_FILE.is_file():
    Env.read_env(ENV_FILE)
env = Environment(os.environ)

SECRET_KEY = env.secret("SECRET_KEY")
DEBUG = env.flag("DEBUG", default=False)
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")
DATABASES = {
    "default": env.database("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}"),
}

INSTALLED_APPS = [
    "analytics",
    "billing",
    "rcm_site",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "auditlog",
    "axes",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "django_tasks",
    "django_tasks_db",  # after billing, whose db_worker also takes up what a killed one left
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "rcm_site.middleware.IdleMiddleware",
    "rcm_site.middleware.AuditMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "rcm_site.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "rcm_site.urls"
WSGI_APPLICATION = "rcm_site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "analytics.context.menu",
            ],
        },
    },
]

# Who may come in

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: whoever is held off is not even asked
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{validator}", "OPTIONS": options}
    for validator, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": env.number("PASSWORD_LENGTH", default=12)}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
# Whoever does nothing for so long is logged out; see rcm_site.middleware.IdleMiddleware.
SESSION_ENGINE = "rcm_site.sessions"
SESSION_COOKIE_AGE = 60 * (env.number("SESSION_IDLE_MINUTES", default=30) or 30)

# Failed log-ins with one name from one address, and for how long that name is then held off there

AXES_FAILURE_LIMIT = env.number("LOGIN_FAILURES", default=5) or 5
AXES_COOLOFF_TIME = timedelta(minutes=env.number("LOGIN_LOCK_MINUTES", default=15) or 15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "rcm_site.views.locked_out"
AXES_CLIENT_IP_CALLABLE = "rcm_site.addresses.client_address"
AXES_USERNAME_CALLABLE = "rcm_site.addresses.client_name"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # nobody is kept out by another's knocking
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken", "next"]
AXES_ENABLE_ADMIN = False  # rcm_site.admin shows what axes keeps, and alters none of it
AXES_VERBOSE = False

# What a browser may do. The site runs over HTTPS unless DEBUG is on; a plain-HTTP network at
# home behind its own wall turns HTTPS_ONLY off.

HTTPS_ONLY = env.flag("HTTPS_ONLY", default=not DEBUG)
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=HTTPS_ONLY)
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # a container asks for it over plain HTTP
SECURE_HSTS_SECONDS = env.number("SECURE_HSTS_SECONDS", default=31_536_000 if HTTPS_ONLY else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS_ONLY
SECURE_HSTS_PRELOAD = HTTPS_ONLY
# Only behind a proxy that sets X-Forwarded-Proto and -For itself; else a visitor could forge them.
BEHIND_HTTPS_PROXY = env.flag("BEHIND_HTTPS_PROXY", default=False)
if BEHIND_HTTPS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = HTTPS_ONLY
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS_ONLY
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap draws its icons as data: images
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    },
}

# The audit trail: billing/audit.py is the door to it

AUDITLOG_STORE_JSON_CHANGES = True
AUDITLOG_DISABLE_ON_RAW_SAVE = True  # loaddata restores what was recorded elsewhere
AUDITLOG_CID_HEADER = None  # whatever a visitor sends in a header stays out of the trail

# Uploaded files: private, outside of what is served, and removed once they are loaded

UPLOADS_FOLDER = Path(env.text("UPLOADS_FOLDER", default=str(BASE_DIR / "uploads")))
UPLOAD_MEGABYTES = env.number("UPLOAD_MEGABYTES", default=1024) or 1024
UPLOAD_UNPACKED_MEGABYTES = 4 * UPLOAD_MEGABYTES  # all files of a ZIP together
UPLOAD_DAYS = env.number("UPLOAD_DAYS", default=7) or 7  # an upload that nobody agrees to
FILE_UPLOAD_HANDLERS = ["billing.uploads.receiving.NoFiles"]  # only the Imports page takes files

# What takes long is done by `manage.py db_worker`; its task names a record and nothing else

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
# A worker that has not been heard of for so long is taken to be dead, and another goes on.
WORKER_SILENT_SECONDS = env.number("WORKER_SILENT_SECONDS", default=60) or 60

# Language, time, numbers: dates read 2026-11-21 (rcm_site/formats)

LANGUAGE_CODE = "en-us"
TIME_ZONE = env.text("TIME_ZONE", default="UTC")
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = False  # the templates ask for it where a number is an amount or a count
FORMAT_MODULE_PATH = ["rcm_site.formats"]

# Static files

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# Logs go to standard error. They name paths and errors, never rows: see rcm_site/logs.py.

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "discreet": {
            "()": "rcm_site.logs.DiscreetFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "discreet"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", default="INFO").upper()},
    # Django's own handlers would mail tracebacks with local variables to ADMINS.
    "loggers": {"django": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}
