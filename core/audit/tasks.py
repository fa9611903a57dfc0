"""Each second: link what was committed, and now and then write the end of the chain down elsewhere."""

from datetime import datetime, timedelta

from core.audit import anchors, sealing
from core.work import services as work


@work.periodic("audit.seal", every=timedelta(seconds=1))
def seal(*, now: datetime) -> None:
    sealing.seal_all(now=now)
    anchors.write_if_due(now=now)
