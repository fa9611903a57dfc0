"""Which transports this program has. Each is loaded when a file first needs it."""

from ach import transport
from ach.enums import TransportKind
from ach.models import Originator
from ach.transport import Transport


def install() -> None:
    transport.register(TransportKind.FILESYSTEM, _folder)
    transport.register(TransportKind.SFTP, _sftp)
    transport.register(TransportKind.S3, _s3)
    transport.register(TransportKind.SANDBOX, _sandbox)


def _folder(originator: Originator, timeout_seconds: int) -> Transport:
    from ach.transport.folder import FolderTransport

    return FolderTransport(originator, timeout_seconds)


def _sftp(originator: Originator, timeout_seconds: int) -> Transport:
    from ach.transport.sftp import SftpTransport

    return SftpTransport(originator, timeout_seconds)


def _s3(originator: Originator, timeout_seconds: int) -> Transport:
    from ach.transport.s3 import S3Transport

    return S3Transport(originator, timeout_seconds)


def _sandbox(originator: Originator, timeout_seconds: int) -> Transport:  # noqa: ARG001 (it is in this process)
    from ach.sandbox.transport import SandboxTransport

    return SandboxTransport(originator)
