"""Sessions in the database that know how long they are kept, to be prolonged now and then."""

from datetime import datetime, timedelta

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

GRAIN = timedelta(minutes=1)


class SessionStore(db.SessionStore):
    """Ends SESSION_COOKIE_AGE seconds after it was last stored."""

    kept_until: datetime | None = None

    def _get_session_from_db(self) -> Session | None:
        stored: Session | None = super()._get_session_from_db()  # type: ignore[misc]
        self.kept_until = stored.expire_date if stored else None
        return stored

    def prolong(self) -> None:
        """Store the session anew, unless that was done within the last minute.

        Storing it with every request would write once for each fragment of a page.
        """
        fresh = timezone.now() + timedelta(seconds=self.get_expiry_age())
        if self.kept_until is not None and fresh - self.kept_until >= GRAIN:
            self.modified = True
