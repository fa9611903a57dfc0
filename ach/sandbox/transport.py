"""The way to the sandbox bank, in the form of every other way: files are delivered, fetched and done with."""

from collections.abc import Callable, Iterator
from datetime import datetime

from ach.models import Originator
from ach.sandbox import files
from ach.transport import Fetched
from core import clock


class SandboxTransport:
    """Of one originator, test data only: raises SandboxRefuses for a live one. `now` tells the bank's own time."""

    def __init__(self, originator: Originator, now: Callable[[], datetime] = clock.now) -> None:
        files.require_test(originator)
        self._originator, self._now = originator, now

    def deliver(self, name: str, content: bytes) -> str:
        """The name under which the bank has it. Delivered again, the same file is the same delivery."""
        return files.receive(originator=self._originator, name=name, content=content, now=self._now()).name

    def fetch(self) -> Iterator[Fetched]:
        for name, content in files.to_fetch(self._originator):
            yield Fetched(name, content)

    def done(self, name: str) -> None:
        files.take(originator=self._originator, name=name, now=self._now())
