"""Each second: link what was committed, and now and then write the end of the chain down elsewhere.

A proof that somebody asked for is work like other work."""

from datetime import datetime, timedelta
from typing import Any

from core.audit import anchors, sealing, verifications
from core.work import services as work


@work.periodic("audit.seal", every=timedelta(seconds=1))
def seal(*, now: datetime) -> None:
    sealing.seal_all(now=now)
    anchors.write_if_due(now=now)


@work.performs(verifications.KIND, external=True)
def verify(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 - the key says it all
    verifications.run(verification_id=key, now=now)
