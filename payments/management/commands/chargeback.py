"""`manage.py chargeback open|close`: let the sandbox network take money back, or decide. For test data only."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from core.errors import Refusal
from payments.enums import ChargebackState
from payments.gateways.sandbox import chargebacks as sandbox
from payments.models import Chargeback, SandboxCharge
from payments.selectors import chargebacks as known
from payments.services import chargeback_news


class Command(BaseCommand):
    help = "Charge a test payment back through the sandbox network, or let the network decide about a chargeback."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        opened = verbs.add_parser("open", help="take money back")
        opened.add_argument("payment", help="pay_…")
        opened.add_argument("--amount", type=int, default=None, help="in minor units; all of it where absent")
        opened.add_argument("--reason", default="10.4", help="the network's reason code")
        closed = verbs.add_parser("close", help="decide")
        closed.add_argument("chargeback", help="cb_…")
        closed.add_argument("outcome", choices=["won", "lost"])

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            chargeback = self._open(options) if options["verb"] == "open" else self._close(options)
        except Refusal as refused:
            raise CommandError(refused.detail) from None
        self.stdout.write(f"{chargeback.public_id} {chargeback.state}")

    def _open(self, options: dict[str, Any]) -> Chargeback:
        charge = SandboxCharge.objects.filter(reference=options["payment"], livemode=False).first()
        if charge is None:
            raise CommandError("the sandbox has no test charge of this payment")
        amount = options["amount"] if options["amount"] is not None else charge.amount_minor
        if not 0 < amount <= charge.amount_minor or charge.state != "CAPTURED":
            raise CommandError("the charge has not taken so much")
        if charge.chargebacks.filter(outcome=ChargebackState.OPEN).exists():
            raise CommandError("another chargeback of the charge is not decided yet")
        now = clock.now()
        made = sandbox.dispute(charge=charge, amount_minor=amount, reason_code=options["reason"], now=now)
        return self._hear(made.reference)

    def _close(self, options: dict[str, Any]) -> Chargeback:
        chargeback = known.get(options["chargeback"], livemode=False)
        outcome = ChargebackState(options["outcome"].upper())
        if not sandbox.decide(reference=chargeback.network_reference, outcome=outcome, now=clock.now()):
            raise CommandError("the sandbox knows no open chargeback of this name")
        return self._hear(chargeback.network_reference)

    def _hear(self, reference: str) -> Chargeback:
        chargeback_news.hear(now=clock.now())
        chargeback = known.find(gateway="sandbox", network_reference=reference)
        if chargeback is None:
            raise CommandError("the network's news could not be taken; the log says why")
        return chargeback
