"""How files reach a bank and how its files come back. A transport is registered for its kind and opened per originator.

    from ach import transport

    transport.register(TransportKind.SFTP, SftpTransport)
    transport.open_(originator, timeout_seconds=30).deliver(name, content)

`deliver` called twice with the same name and bytes leaves one file. Where a transport can write beside and then give
the name in one step it is `Staged`: then a try that was cut off is finished, not repeated.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, runtime_checkable

from ach.enums import TransportKind
from ach.models import Originator
from core.errors import Refusal

PARTIAL = ".part"


class TransportFailed(Refusal):
    """The bank cannot be reached or does not take the file. `detail` names neither secrets nor content."""

    code: ClassVar[str] = "ACH_TRANSPORT_FAILED"
    status: ClassVar[int] = 502
    title: ClassVar[str] = "The file was not delivered"


class HostKeyChanged(TransportFailed):
    """The server shows another key than the one agreed on: it may be somebody else's. Nothing was sent."""

    code: ClassVar[str] = "ACH_HOST_KEY_CHANGED"
    title: ClassVar[str] = "The server shows another key"


class NoSpace(TransportFailed):
    """There is no room for the file."""

    code: ClassVar[str] = "ACH_NO_SPACE"
    title: ClassVar[str] = "There is no room for the file"


class OtherContent(TransportFailed):
    """Something else has the name of the file already; it was not touched."""

    code: ClassVar[str] = "ACH_OTHER_CONTENT"
    title: ClassVar[str] = "Another file has the name"


class DeliveryUnclear(TransportFailed):
    """Whether an earlier try has arrived cannot be found out here. A person asks the bank."""

    code: ClassVar[str] = "ACH_DELIVERY_UNCLEAR"
    title: ClassVar[str] = "The file may have arrived"


class NoTransport(TransportFailed):
    code: ClassVar[str] = "ACH_NO_TRANSPORT"
    title: ClassVar[str] = "No transport of this kind is installed"


class BadSettings(TransportFailed):
    """The originator's settings, or the secret in the environment, are not there or not right."""

    code: ClassVar[str] = "ACH_BAD_SETTINGS"
    title: ClassVar[str] = "The transport is not set up"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file of the bank."""

    name: str
    content: bytes = field(repr=False)


class Transport(Protocol):
    """Everything raises TransportFailed or one of its kinds."""

    def deliver(self, name: str, content: bytes) -> str:
        """Where it is now. The same again changes nothing; raises OtherContent where the name is taken."""

    def fetch(self) -> Iterable[Fetched]:
        """What the bank has put there, one after the other; it stays until `done`."""

    def done(self, name: str) -> None:
        """That one is stored and need not be fetched again."""


@runtime_checkable
class Staged(Protocol):
    """Written beside under `<name>.part`, then renamed: what has the name is whole."""

    def stage(self, name: str, content: bytes) -> None:
        """Again after a try that was cut off: begins from the start."""

    def move(self, name: str, content: bytes) -> str:
        """Give the part its name. Where neither is there any more, the bank has taken the file: that is an arrival."""


Opener = Callable[[Originator, int], Transport]
_openers: dict[TransportKind, Opener] = {}


def register(kind: TransportKind, opener: Opener) -> None:
    """`opener` is given the originator and the seconds after which a silent server is down. The later one counts."""
    _openers[kind] = opener


def open_(originator: Originator, *, timeout_seconds: int) -> Transport:
    """Raises NoTransport, BadSettings."""
    opener = _openers.get(TransportKind(originator.transport))
    if opener is None:
        raise NoTransport(f"{originator.public_id}: no {originator.transport} transport is installed")
    return opener(originator, timeout_seconds)


def setting(originator: Originator, name: str) -> str:
    """Raises BadSettings."""
    value = originator.settings.get(name)
    if not isinstance(value, str) or not value:
        raise BadSettings(f"{originator.public_id}: the setting {name} is missing")
    return value
