"""Django's session rows with a person in them, so that a person's sessions are found and ended without a scan.

The cookie's key is kept as its SHA-256 only. Requests are served by threads: the asynchronous twins of these methods,
which Django has too, look up the key itself and find nothing.
"""

import hashlib
from datetime import UTC, datetime
from typing import Any

from django.contrib import auth
from django.contrib.sessions.backends import db
from django.utils import timezone

from core.staff.models import StaffSession

SIGNED_IN_AT = "staff.signed_in_at"
SEEN_AT = "staff.seen_at"
DEVICE = "staff.device"
ADDRESS = "staff.address"
PROVED_AT = "staff.proved_at"


def digest(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()


class SessionStore(db.SessionStore):
    @classmethod
    def get_model_class(cls) -> type[StaffSession]:
        return StaffSession

    def _get_session_from_db(self) -> StaffSession | None:
        row = StaffSession.objects.filter(
            session_key=digest(str(self.session_key)), expire_date__gt=timezone.now()
        ).first()
        if row is None:
            self._session_key = None
        return row

    def exists(self, session_key: str) -> bool:
        return StaffSession.objects.filter(session_key=digest(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> StaffSession:
        """What the session knows about its person is repeated in columns of its row."""
        return StaffSession(
            session_key=digest(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=data.get(auth.SESSION_KEY),
            device=data.get(DEVICE, ""),
            address=data.get(ADDRESS, ""),
            signed_in_at=_moment(data.get(SIGNED_IN_AT)),
            seen_at=_moment(data.get(SEEN_AT)),
        )

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            StaffSession.objects.filter(session_key=digest(key)).delete()


def _moment(timestamp: float | None) -> datetime | None:
    return None if timestamp is None else datetime.fromtimestamp(timestamp, UTC)
