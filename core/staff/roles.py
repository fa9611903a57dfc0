"""Who may do what: one table. A permission no role lists belongs to nobody.

A permission is `<app>.<verb>_<object>`. `<app>.view_*` covers every `view_` permission of an app, `*.view_*` every one
there is; verbs that change something are always written out. `docs/roles.md` is generated from this table.
"""

from collections.abc import Iterable
from dataclasses import dataclass

ANY_STAFF = "console.view"


@dataclass(frozen=True, slots=True)
class Role:
    """`permissions` beyond ANY_STAFF, which every role has."""

    code: str
    title: str
    purpose: str
    permissions: frozenset[str]


def _role(code: str, title: str, purpose: str, *permissions: str) -> Role:
    return Role(code, title, purpose, frozenset({ANY_STAFF, *permissions}))


ROLES: dict[str, Role] = {
    role.code: role
    for role in (
        _role(
            "FRAUD_ANALYST",
            "Fraud analyst",
            "Works the review queue: claims a case, sees why it was raised, approves or declines the payment.",
            "ops.view_overview",
            "payments.view_*",
            "fraud.view_*",
            "fraud.claim_case",
            "fraud.decide_case",
            "fraud.draft_rule",
            "escrow.view_*",
            "compliance.view_party",
        ),
        _role(
            "FRAUD_LEAD",
            "Fraud lead",
            "Runs the review queue and publishes the rules that others drafted.",
            "ops.view_overview",
            "payments.view_*",
            "fraud.view_*",
            "fraud.claim_case",
            "fraud.decide_case",
            "fraud.assign_case",
            "fraud.publish_rule",
            "escrow.view_*",
            "compliance.view_party",
        ),
        _role(
            "TREASURY",
            "Treasury operator",
            "Knows for every cent where it is: payments, refunds, settlement, reconciliation, accounts.",
            "ops.view_overview",
            "payments.view_*",
            "payments.refund_payment",
            "payments.cancel_payment",
            "payments.clear_break",
            "escrow.view_*",
            "ledger.view_*",
            "ledger.ask_adjustment",
            "compliance.view_party",
        ),
        _role(
            "CONTROLLER",
            "Controller",
            "Signs what treasury and operations ask for: adjustments of the ledger, switches that open again.",
            "ops.view_overview",
            "payments.view_*",
            "escrow.view_*",
            "ledger.view_*",
            "ledger.approve_adjustment",
            "switches.view_*",
            "switches.approve_switch",
            "approvals.view_*",
            "compliance.view_party",
        ),
        _role(
            "COMPLIANCE",
            "Compliance officer",
            "Decides who may take part and answers to the regulator.",
            "ops.view_overview",
            "compliance.view_*",
            "compliance.block_party",
            "compliance.change_party",
            "approvals.view_*",
            "approvals.declare_affiliation",
            "payments.view_*",
            "escrow.view_*",
            "fraud.view_*",
            "ledger.view_*",
            "audit.view_*",
            "vault.reveal_card",
        ),
        _role(
            "ON_CALL",
            "On-call operator",
            "Keeps the service running: health, queues, switches.",
            "ops.view_*",
            "work.view_*",
            "work.retry_item",
            "outbox.view_*",
            "outbox.retry_delivery",
            "switches.view_*",
            "switches.change_switch",
            "vault.view_*",
            "vault.rotate_keys",
            "idempotency.view_*",
            "parameters.view_*",
            "payments.view_*",
            "escrow.view_*",
        ),
        _role(
            "INTEGRATION",
            "Integration engineer",
            "Connects the marketplace: API keys, webhook endpoints and what was delivered to them.",
            "api.view_*",
            "api.change_key",
            "webhooks.view_*",
            "webhooks.change_endpoint",
            "webhooks.replay_delivery",
            "idempotency.view_*",
            "payments.view_*",
        ),
        _role(
            "AUDITOR",
            "Auditor",
            "Sees every record and changes none.",
            "*.view_*",
        ),
        _role(
            "ADMINISTRATOR",
            "Administrator",
            "Gives people accounts and roles. Has no power over money, and holds no other role.",
            "staff.view_*",
            "staff.change_user",
            "approvals.view_policyversion",
            "approvals.ask_policy",
            "parameters.view_*",
        ),
        _role(
            "SECURITY_OFFICER",
            "Security officer",
            "Signs what gives power: roles of people, live API keys. Has no power over money, and holds no other role.",
            "staff.view_*",
            "staff.approve_role",
            "api.view_*",
            "api.approve_key",
            "approvals.view_*",
            "approvals.approve_policy",
            "audit.view_*",
        ),
    )
}

ALONE = frozenset({"ADMINISTRATOR", "SECURITY_OFFICER"})
"""Roles that exclude every other: who gives roles must not be able to use them."""

MAKER_AND_CHECKER = (
    ("fraud.draft_rule", "fraud.publish_rule"),
    ("ledger.ask_adjustment", "ledger.approve_adjustment"),
    ("switches.change_switch", "switches.approve_switch"),
    ("staff.change_user", "staff.approve_role"),
    ("api.change_key", "api.approve_key"),
    # Nobody sees a card number who moves money.
    ("payments.refund_payment", "vault.reveal_card"),
    ("fraud.decide_case", "vault.reveal_card"),
    ("approvals.ask_policy", "approvals.approve_policy"),
)
"""Pairs of permissions one person never has together."""


def grants(codes: Iterable[str], permission: str) -> bool:
    """Whether any of the roles allows it. An unknown role allows nothing."""
    app, _, verb = permission.partition(".")
    accepted = {permission}
    if verb.startswith("view_"):
        accepted |= {f"{app}.view_*", "*.view_*"}
    return any(ROLES[code].permissions & accepted for code in codes if code in ROLES)


def reaches(codes: Iterable[str], app: str) -> bool:
    """Whether any of the roles allows anything in the app."""
    return any(
        permission.partition(".")[0] in (app, "*")
        for code in codes
        if code in ROLES
        for permission in ROLES[code].permissions
    )


def conflict(codes: Iterable[str]) -> str:
    """Why one person cannot hold these roles together; empty when they can."""
    held = sorted(set(codes))
    for code in held:
        if code not in ROLES:
            return f"There is no role {code}."
        if code in ALONE and len(held) > 1:
            return f"{ROLES[code].title} cannot be combined with another role."
    for making, checking in MAKER_AND_CHECKER:
        if grants(held, making) and grants(held, checking):
            return f"One person would both make and check: {making} and {checking}."
    return ""
