"""A file has left: treasury gets its totals by e-mail, to compare with what the bank confirms."""

import hashlib

from django.conf import settings
from django.core.mail import EmailMessage

from ach.calendar.eastern import eastern
from ach.models import Batch, File
from ach.selectors import files as register
from core.money import Money
from core.staff import roles
from core.staff.models import User

WORK = "ach.send_notice"
PERMISSION = "ach.rebuild_file"


def send(*, file_id: str) -> int:
    """To active staff who answer for files. Returns how many. Sent twice, it carries one Message-ID."""
    file = register.get(file_id)
    people = User.objects.filter(is_active=True).prefetch_related("role_assignments").order_by("pk")
    to = [person.email for person in people if roles.grants(person.roles, PERMISSION)]
    if not to:
        return 0
    digest = hashlib.sha256(file.public_id.encode()).hexdigest()[:32]
    mode = "" if file.livemode else " (test)"
    EmailMessage(
        subject=f"ACH file {file.name}{mode} delivered",
        body=_body(file),
        to=[settings.DEFAULT_FROM_EMAIL],
        bcc=to,
        headers={"Message-ID": f"<{digest}@ach.holdfast>"},
    ).send()
    return len(to)


def _body(file: File) -> str:
    """Totals and names of batches; nothing about persons or accounts."""
    assert file.delivered_at is not None
    lines = [
        f"{file.name} reached {file.originator.destination_name} on "
        f"{eastern(file.delivered_at):%d %B %Y at %H:%M} Eastern"
        + (f", carried by hand and confirmed by {file.confirmed_by}." if file.by_hand else "."),
        "",
        f"Batches {file.batches}, entries {file.entry_count}, addenda {file.addenda_count}",
        f"Credits {Money(file.credit_minor)}, debits {Money(file.debit_minor)}, entry hash {file.entry_hash}",
        f"SHA-256 {file.sha256}",
        "",
    ]
    return "\n".join(lines + [_line(batch) for batch in Batch.objects.filter(file=file).order_by("number")]) + "\n"


def _line(batch: Batch) -> str:
    return (
        f"{batch.number:>4} {batch.sec} {batch.description:<10} effective {batch.effective_on}, "
        f"{batch.entry_count} entries, credits {Money(batch.credit_minor)}, debits {Money(batch.debit_minor)}"
    )
