"""What compliance takes from dated configuration."""

from datetime import UTC, date, datetime, time, timedelta

from core.parameters import services as parameters

PUBLIC_MAIL_DOMAINS = "compliance.public_mail_domains"

parameters.declare(
    PUBLIC_MAIL_DOMAINS,
    "aol.com gmail.com gmx.com gmx.net googlemail.com hotmail.com icloud.com live.com mail.com me.com msn.com "
    "outlook.com pm.me proton.me protonmail.com yahoo.com zoho.com",
    unit="domains",
    meaning="Mail domains where anybody may have an address: sharing one relates nobody",
)
parameters.declare(
    "compliance.unverified_party_points",
    150,
    unit="points of 1000",
    meaning="What a party nobody verified adds to the risk of a deal",
    maximum=500,
)


def public_mail_domains(on: date) -> frozenset[str]:
    """In force at the end of that day, in lower case."""
    at = datetime.combine(on, time.max, UTC)
    return frozenset(str(parameters.read(PUBLIC_MAIL_DOMAINS, at=at)).lower().split())


ACCOUNT_COOLING_HOURS = "compliance.account_cooling_hours"
TEST_ACCOUNTS_UNSIGNED = "compliance.test_accounts_unsigned"

parameters.declare(
    ACCOUNT_COOLING_HOURS, 72, unit="hours", maximum=24 * 30,
    meaning="From the last signature on a changed payout account until it is paid to; the first account waits for none",
)  # fmt: skip
parameters.declare(
    TEST_ACCOUNTS_UNSIGNED, True, unit="yes or no",
    meaning="Whether the first payout account of a party in test data is active without signatures",
)  # fmt: skip


def account_cooling(at: datetime) -> timedelta:
    return timedelta(hours=parameters.read(ACCOUNT_COOLING_HOURS, at=at))


def are_test_accounts_unsigned(at: datetime) -> bool:
    return bool(parameters.read(TEST_ACCOUNTS_UNSIGNED, at=at))


parameters.declare(
    "compliance.sandbox_sanctioned_names", ["Blocked Entity"], unit="names",
    meaning="Names that sanctions screening of test data finds",
)  # fmt: skip
