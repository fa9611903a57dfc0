"""`manage.py rotate_keys`: wrap data keys under a new master key now, instead of when their term is over."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.audit import operators
from core.errors import Refusal
from core.vault import kms, rotation
from core.vault.purposes import Purpose


class Command(BaseCommand):
    help = "Wrap the data keys of the named purposes (default: all) under a new master key. Nothing has to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--purpose", action="append", choices=[purpose.value for purpose in Purpose])
        parser.add_argument("--due", action="store_true", help="only purposes whose term is over")
        parser.add_argument("--reason", default="asked for at the terminal")

    def handle(self, *_: Any, purpose: list[str] | None, due: bool, reason: str, **__: Any) -> None:
        now = clock.now()
        purposes = rotation.due(now=now) if due else [Purpose(name) for name in purpose or list(Purpose)]
        try:
            rewrapped = (
                rotation.rotate(purposes=purposes, reason=reason, actor=operators.at_terminal(), now=now)
                if purposes or rotation.find_running()
                else 0
            )
        except (Refusal, kms.KeyServiceUnavailable, kms.KeyUnreadable) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{rewrapped} data keys wrapped anew")
