"""`manage.py backtest VERSION --from 2026-10-01 --to 2026-11-01`: a version over stored decisions, kept as evidence."""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.audit import operators
from core.errors import Refusal
from fraud.enums import BacktestState
from fraud.management import windows
from fraud.services import backtests


class Command(BaseCommand):
    help = "Judge a version of the rules over stored decisions beside the active one, and keep the result as evidence."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", type=int)
        windows.add_window(parser)

    def handle(
        self, *_: Any, version: int, from_at: datetime, to_at: datetime, live: bool, as_json: bool, **__: Any
    ) -> None:
        try:
            backtest = backtests.start(
                version=version,
                livemode=live,
                from_at=from_at,
                to_at=to_at,
                actor=operators.at_terminal(),
                now=clock.now(),
                by_worker=False,
            )
        except Refusal as refused:
            reasons = "; ".join(f"{error.pointer} {error.reason}" for error in refused.errors)
            raise CommandError(f"{refused.detail}: {reasons}" if reasons else refused.detail) from refused
        while not backtest.is_over:
            backtest = backtests.advance(backtest_id=backtest.backtest_id, now=clock.now())
            self.stderr.write(f"\r{backtest.done} of {backtest.total}", ending="")
        self.stderr.write("")
        result: dict[str, Any] = backtest.result or {}
        if backtest.state != BacktestState.DONE:
            raise CommandError(f"{backtest.backtest_id} is {backtest.state}: {backtest.failure}")
        if as_json:
            self.stdout.write(json.dumps({"backtest": backtest.backtest_id, **result}, indent=2))
            return
        self.stdout.write(f"{backtest.backtest_id}: version {version} beside {backtest.active_version}")
        for line in windows.lines(result):
            self.stdout.write(line)
