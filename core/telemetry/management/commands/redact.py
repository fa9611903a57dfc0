"""`… | manage.py redact`: standard input to standard output without card numbers and secrets, line by line."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from core.telemetry import redaction

_BLOCK_BYTES = 65_536


class Command(BaseCommand):
    help = "Copy standard input to standard output, redacted. Bytes that are not UTF-8 pass unchanged."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--identifiers", action="store_true", help="also tax numbers and account numbers, as logs do"
        )

    def handle(self, *_: Any, identifiers: bool, **__: Any) -> None:
        clean = redaction.scrub if identifiers else redaction.redact
        output = sys.stdout.buffer
        try:
            for lines in _whole_lines(sys.stdin.fileno()):
                text = lines.decode("utf-8", "surrogateescape")
                cleaned = "".join([clean(line) for line in text.splitlines(keepends=True)])
                output.write(cleaned.encode("utf-8", "surrogateescape"))
                output.flush()
        except BrokenPipeError:
            # The reader has seen enough (`| head`). Nothing is left to write, also not by Python at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _whole_lines(descriptor: int) -> Iterator[bytes]:
    """What has arrived so far, cut after its last line break, so that a live log flows through."""
    rest = b""
    while block := os.read(descriptor, _BLOCK_BYTES):
        whole, line_break, after = block.rpartition(b"\n")
        if line_break:
            yield rest + whole + line_break
            rest = after
        else:
            rest += block
    if rest:
        yield rest
