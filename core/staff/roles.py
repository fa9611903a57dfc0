"""Who may do what: the table that is shipped, and the questions asked about the one in force.

A permission is `<app>.<verb>_<object>`. `<app>.view_*` covers every `view_` permission of an app, `*.view_*` every one
there is; verbs that change something are always written out. What is written here is installed as rows after every
`migrate`; a role that people changed on purpose stays as they made it (ADR 0018). A permission no role lists belongs to
nobody. `docs/roles.md` is generated from this table.
"""

from collections.abc import Iterable

from django.db import Error as DatabaseError

from core.staff.role_table import Role, Table

ANY_STAFF = "console.view"

ALONE = frozenset({"ADMINISTRATOR", "SECURITY_OFFICER"})
"""Roles that exclude every other: who gives roles must not be able to use them."""


def _role(code: str, title: str, purpose: str, *permissions: str) -> Role:
    return Role(code, title, purpose, frozenset({ANY_STAFF, *permissions}), code in ALONE)


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
            "fraud.run_backtest",
            "ops.view_incident",
            "fraud.pause_rule",
            "fraud.train_model",
            "fraud.change_list",
            "escrow.view_*",
            "compliance.view_party",
            "compliance.freeze_party",
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
            "fraud.reset_risk",
            "fraud.publish_rule",
            "fraud.promote_model",
            "fraud.run_backtest",
            "ops.view_incident",
            "ops.resolve_incident",
            "fraud.pause_rule",
            "fraud.suppress_rule",
            "fraud.approve_list",
            "escrow.view_*",
            "escrow.lock_escrow",
            "compliance.view_party",
            "compliance.freeze_party",
            "console.export_list",
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
            "payments.pause_payouts",
            "escrow.view_*",
            "escrow.ask_release",
            "escrow.refund_escrow",
            "escrow.fund_escrow",
            "escrow.satisfy_condition",
            "escrow.propose_terms",
            "escrow.raise_dispute",
            "escrow.enter_evidence",
            "escrow.reconcile_escrow",
            "escrow.ask_write_off",
            "ach.work_return",
            "ach.work_entry",
            "ach.close_case",
            "ledger.view_*",
            "ledger.ask_adjustment",
            "compliance.view_party",
            "console.export_list",
            "compliance.view_bankaccount",
            "ach.view_*",
            "ach.rebuild_file",
            "ach.export_file",
        ),
        _role(
            "CONTROLLER",
            "Controller",
            "Signs what treasury and operations ask for: adjustments of the ledger, switches that open again.",
            "ops.view_overview",
            "payments.view_*",
            "payments.approve_transfer",
            "escrow.view_*",
            "escrow.approve_write_off",
            "ach.approve_return",
            "ledger.view_*",
            "ledger.approve_adjustment",
            "switches.view_*",
            "switches.approve_switch",
            "approvals.view_*",
            "compliance.view_party",
            "console.export_list",
            "compliance.view_bankaccount",
            "compliance.approve_account",
            "ach.view_*",
            "ach.approve_file",
            "ach.confirm_file",
        ),
        _role(
            "ESCROW_APPROVER",
            "Escrow approver",
            "Signs releases of large or doubtful escrows, and how a dispute ends.",
            "ops.view_overview",
            "payments.view_*",
            "escrow.view_*",
            "escrow.approve_release",
            "escrow.approve_resolution",
            "approvals.view_*",
            "compliance.view_party",
        ),
        _role(
            "MEDIATOR",
            "Mediator",
            "Hears both sides of a dispute and decides it, or proposes how.",
            "ops.view_overview",
            "payments.view_*",
            "escrow.view_*",
            "escrow.mediate_dispute",
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
            "compliance.work_referral",
            "approvals.view_*",
            "approvals.declare_affiliation",
            "payments.view_*",
            "escrow.view_*",
            "escrow.lock_escrow",
            "ach.view_*",
            "ach.close_case",
            "fraud.view_*",
            "ledger.view_*",
            "audit.view_*",
            "audit.verify_record",
            "console.export_list",
            "console.export_unmasked",
            "vault.reveal_card",
            "compliance.approve_account",
        ),
        _role(
            "ON_CALL",
            "On-call operator",
            "Keeps the service running: health, queues, switches.",
            "ops.view_*",
            "ops.resolve_incident",
            "work.view_*",
            "work.retry_item",
            "work.run_job",
            "outbox.view_*",
            "outbox.retry_delivery",
            "webhooks.view_*",
            "webhooks.replay_delivery",
            "switches.view_*",
            "switches.change_switch",
            "vault.view_*",
            "vault.rotate_keys",
            "idempotency.view_*",
            "parameters.view_*",
            "payments.view_*",
            "escrow.view_*",
            "ach.view_*",
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
            "audit.verify_record",
            "console.export_list",
        ),
        _role(
            "ADMINISTRATOR",
            "Administrator",
            "Gives people accounts and roles. Has no power over money, and holds no other role.",
            "staff.view_*",
            "staff.change_user",
            "staff.change_role",
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
            "audit.verify_record",
            "console.export_list",
        ),
    )
}

MAKER_AND_CHECKER = (
    ("fraud.draft_rule", "fraud.publish_rule"),
    ("fraud.train_model", "fraud.promote_model"),
    ("fraud.change_list", "fraud.approve_list"),
    ("ledger.ask_adjustment", "ledger.approve_adjustment"),
    ("escrow.ask_release", "escrow.approve_release"),
    ("escrow.mediate_dispute", "escrow.approve_resolution"),
    ("escrow.raise_dispute", "escrow.mediate_dispute"),
    # Who speaks for a side does not judge between them.
    ("escrow.enter_evidence", "escrow.mediate_dispute"),
    ("escrow.enter_evidence", "escrow.approve_resolution"),
    ("escrow.ask_write_off", "escrow.approve_write_off"),
    ("ach.work_return", "ach.approve_return"),
    ("ach.rebuild_file", "ach.approve_file"),
    ("ach.export_file", "ach.confirm_file"),
    ("switches.change_switch", "switches.approve_switch"),
    ("staff.change_user", "staff.approve_role"),
    ("staff.change_role", "staff.approve_role"),
    ("api.change_key", "api.approve_key"),
    # Nobody sees a card number who moves money.
    ("payments.refund_payment", "vault.reveal_card"),
    ("fraud.decide_case", "vault.reveal_card"),
    # Who hands a case over to compliance does not see what becomes of it.
    ("fraud.decide_case", "compliance.work_referral"),
    # Who freezes a party does not lift it.
    ("compliance.freeze_party", "compliance.block_party"),
    ("approvals.ask_policy", "approvals.approve_policy"),
)
"""Pairs of permissions one person never has together."""


MONEY = frozenset(
    {
        "payments.refund_payment",
        "payments.cancel_payment",
        "payments.clear_break",
        "payments.pause_payouts",
        "ach.rebuild_file",
        "ach.approve_file",
        "ach.export_file",
        "ach.confirm_file",
        "payments.approve_transfer",
        "fraud.claim_case",
        "fraud.decide_case",
        "fraud.assign_case",
        "fraud.reset_risk",
        "fraud.draft_rule",
        "fraud.publish_rule",
        "fraud.train_model",
        "fraud.promote_model",
        "fraud.pause_rule",
        "fraud.suppress_rule",
        "fraud.change_list",
        "fraud.approve_list",
        "ledger.ask_adjustment",
        "ledger.approve_adjustment",
        "ach.work_return",
        "ach.approve_return",
        "ach.work_entry",
        "compliance.block_party",
        "compliance.freeze_party",
        "compliance.change_party",
        "compliance.work_referral",
        "compliance.approve_account",
        "switches.change_switch",
        "switches.approve_switch",
    }
)
"""Verbs that move money or decide whether it moves. Nobody has one of them together with a verb over people."""

SHIPPED = Table(ROLES, MAKER_AND_CHECKER, MONEY)


def in_force() -> Table:
    """The table as it is now; other processes see a change within five seconds. Raises Django's database errors."""
    from core.staff import roles_in_force  # reads rows, and the models ask this module

    return roles_in_force.table()


def grants(codes: Iterable[str], permission: str) -> bool:
    """Whether any of the roles allows it. An unknown role allows nothing, and neither does a table nobody can read."""
    try:
        return in_force().grants(codes, permission)
    except DatabaseError:
        return False


def reaches(codes: Iterable[str], app: str) -> bool:
    """Whether any of the roles allows anything in the app."""
    try:
        return in_force().reaches(codes, app)
    except DatabaseError:
        return False


def conflict(codes: Iterable[str]) -> str:
    """Why one person cannot hold these roles together; empty when they can."""
    return in_force().conflict(codes)


def title(code: str) -> str:
    """The name people read; the code of a role that is not there."""
    role = in_force().roles.get(code)
    return role.title if role else code
