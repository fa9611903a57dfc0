from datetime import datetime

from core.outbox import services as outbox
from tests.fault.shop import marks
from tests.fault.shop.events import ParcelArrived


@outbox.handles(ParcelArrived)
def on_parcel_arrived_tell_buyer(event: ParcelArrived, *, now: datetime) -> None:
    marks.leave("told", event.parcel_id)


@outbox.handles(ParcelArrived)
def on_parcel_arrived_write_invoice(event: ParcelArrived, *, now: datetime) -> None:
    marks.leave("invoiced", event.parcel_id)
