"""What compliance takes from dated configuration."""

from datetime import UTC, date, datetime, time

from core.parameters import services as parameters

PUBLIC_MAIL_DOMAINS = "compliance.public_mail_domains"

parameters.declare(
    PUBLIC_MAIL_DOMAINS,
    "aol.com gmail.com gmx.com gmx.net googlemail.com hotmail.com icloud.com live.com mail.com me.com msn.com "
    "outlook.com pm.me proton.me protonmail.com yahoo.com zoho.com",
    unit="domains",
    meaning="Mail domains where anybody may have an address: sharing one relates nobody",
)


def public_mail_domains(on: date) -> frozenset[str]:
    """In force at the end of that day, in lower case."""
    at = datetime.combine(on, time.max, UTC)
    return frozenset(str(parameters.read(PUBLIC_MAIL_DOMAINS, at=at)).lower().split())
