"""How gunicorn serves the site. BIND, PORT, WEB_CONCURRENCY and WEB_THREADS change it."""

import os

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from gunicorn.arbiter import Arbiter

from rcm_site.database import explanation

wsgi_app = "rcm_site.wsgi:application"
bind = os.environ.get("BIND") or f"127.0.0.1:{os.environ.get('PORT') or 8000}"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = int(os.environ.get("WEB_THREADS") or 4)
control_socket_disable = True
worker_class = "gthread"  # a long download does not hold up the other readers of its worker
timeout = 120
max_requests = 5000
max_requests_jitter = 500
errorlog = "-"
accesslog = "-"
# The path without its query string: a search may hold a patient's name.
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(b)s bytes %(M)s ms'


def on_starting(server: Arbiter) -> None:
    """Say in one line what is wrong with the settings (and stop) or the database (and go on).

    A database that comes up later is used then; /healthz answers 503 until it does.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rcm_site.settings")
    try:
        django.setup()
    except ImproperlyConfigured as error:
        server.log.critical(str(error))
        raise SystemExit(2) from None
    if not (settings.DEBUG or settings.ALLOWED_HOSTS):
        server.log.critical("ALLOWED_HOSTS is not set: put in it the host names that people type.")
        raise SystemExit(2)
    try:
        connection.ensure_connection()
    except OperationalError as error:
        server.log.critical(explanation(error, connection.settings_dict))
    finally:
        connection.close()
