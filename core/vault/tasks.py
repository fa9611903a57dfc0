"""The vault's housekeeping."""

from datetime import datetime, timedelta

from core.actors import SYSTEM
from core.vault import rotation
from core.work import services as work


@work.periodic("vault.rotate_keys", every=timedelta(days=1))
def rotate_keys(*, now: datetime) -> None:
    rotation.rotate(purposes=rotation.due(now=now), actor=SYSTEM, now=now)
