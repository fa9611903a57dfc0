"""The demo: staff, an API key, and days of marketplace life behind them. Only where the clock may be moved."""

import contextlib
import json
import os
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from core import clock
from core.actors import SYSTEM, Actor
from core.api import catalogue, keys
from core.api.models import KeyKind
from core.idempotency.models import IdempotentRequest, Status
from core.staff.models import User
from core.staff.roles import ROLES
from core.staff.services import authenticators, passwords, people
from core.webhooks.catalogue import ACCOUNT
from core.webhooks.models import Endpoint
from core.webhooks.models.endpoint import EVERYTHING
from core.webhooks.services import endpoints
from core.webhooks.services import secrets as webhook_secrets
from fraud.enums import CaseDecision, CaseOutcome
from fraud.models.review_case import WAITING, ReviewCase
from fraud.services import cases
from ops.marketplace import simulation, stage
from ops.marketplace.fraud_day import FraudPlan
from ops.marketplace.fraud_run import FraudRun
from ops.marketplace.rail import Rail
from payments.services import reconciliation

ANALYST = "fraud.analyst@holdfast.example"
STAFF = {
    "FRAUD_ANALYST": (ANALYST, "Noor Haddad"),
    "FRAUD_LEAD": ("fraud.lead@holdfast.example", "Petra Lindqvist"),
    "TREASURY": ("treasury@holdfast.example", "Marcus Bell"),
    "CONTROLLER": ("controller@holdfast.example", "Ines Duarte"),
    "ESCROW_APPROVER": ("escrow.approver@holdfast.example", "Dana Okafor"),
    "MEDIATOR": ("mediator@holdfast.example", "Jonas Berg"),
    "COMPLIANCE": ("compliance@holdfast.example", "Yuki Tanaka"),
    "ON_CALL": ("oncall@holdfast.example", "Sam Okoro"),
    "INTEGRATION": ("integration@holdfast.example", "Tomas Novak"),
    "AUDITOR": ("auditor@holdfast.example", "Lena Fischer"),
    "ADMINISTRATOR": ("admin@holdfast.example", "Ravi Menon"),
    "SECURITY_OFFICER": ("security@holdfast.example", "Grace Mbeki"),
}
SECOND = [("ESCROW_APPROVER", "escrow.second@holdfast.example", "Amara Nwosu")]
"""A large release takes two of them."""

MARKETPLACE_SCOPES = ("payments:read", "payments:write", "refunds:write", "parties:write", "fraud:write")


def credentials_file() -> Path:
    return Path(settings.HOLDFAST_STATE_DIR) / "demo" / "credentials.json"


def open_accounts(*, base_url: str, now: datetime) -> dict[str, Any]:
    """One person per role and one API key; returns the facts that `make run` prints."""
    stage.require_demo()
    stage.revoke_keys("demo", now)
    _, secret = keys.create(
        name="demo", livemode=False, kind=KeyKind.SECRET, scopes=catalogue.scopes(), actor=SYSTEM, now=now
    )
    staff: list[dict[str, str]] = []
    for role, email, name in [*((role, *STAFF[role]) for role in ROLES), *SECOND]:
        issued = _account(email, name, role, now)
        staff.append(
            {
                "email": email,
                "password": issued.password,
                "totpSecret": authenticators.provision(user=issued.user, now=now),
                "role": role,
            }
        )
    _open_endpoint(now)
    return {"baseUrl": base_url, "apiKey": secret, "staff": staff, "curl": _curl(base_url, secret)}


def write_credentials(facts: dict[str, Any]) -> None:
    """Mode 0600 from the first byte."""
    path = credentials_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(facts, file, indent=2)
    fresh.replace(path)


def resume_plan() -> simulation.Plan | None:
    """The plan of a seeding that did not come to its end."""
    try:
        known = json.loads(_plan_file().read_text())
        return simulation.Plan(until=datetime.fromisoformat(known.pop("until")), **known)
    except FileNotFoundError:
        return None


def keep_plan(plan: simulation.Plan) -> None:
    path = _plan_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({**asdict(plan), "until": plan.until.isoformat()}))
    fresh.replace(path)


def forget_plan() -> None:
    _plan_file().unlink(missing_ok=True)


def finish_open_requests(moving: clock.OffsetClock, *, patience_seconds: float = 60) -> None:
    """Let the workers finish what an interruption left open, a few minutes later; then the same requests may come."""
    moving.move_to(moving.offset() + timedelta(minutes=3))
    deadline = time.monotonic() + patience_seconds
    while IdempotentRequest.objects.filter(status=Status.STARTED).exists() and time.monotonic() < deadline:
        time.sleep(0.2)


def play(
    base_url: str,
    plan: simulation.Plan,
    *,
    progress: Callable[[], None],
    will_resume: bool = False,
    fraud: FraudPlan | None = None,
    rail: Rail | None = None,
) -> Counter[str]:
    """Days of marketplace life, with a day of `fraud` and payouts by the `rail` among them.

    The clock is moved along and comes back at the end.

    Interrupted it comes back too, unless somebody will go on from there (`will_resume`): then nothing may happen at
    today's date, or the past would look already settled.
    """
    stage.require_demo()
    starts_at = plan.until - timedelta(days=plan.days + 1)
    with (
        stage.moved_clock(starts_at, will_resume=will_resume) as move_to,
        stage.marketplace(base_url, "simulation", MARKETPLACE_SCOPES) as client,
    ):
        run = FraudRun(fraud, client, move_to) if fraud else None
        spared = run.accounts if run else frozenset()
        simulation.introduce_parties(client, plan.seed)
        counts = simulation.play(
            plan,
            client,
            move_to=move_to,
            end_of_day=lambda moment: _close_the_day(move_to, moment, spared, rail),
            progress=progress,
            meanwhile=run.go_on_until if run else None,
        )
        if run:
            run.keep()
            counts += run.counts
        return counts


def _close_the_day(
    move_to: Callable[[datetime], None], moment: datetime, spared: frozenset[str], rail: Rail | None
) -> None:
    """The analyst decides most of what waits; the acquirer's settlement file of the day is fetched and reconciled.

    Payers that are `spared` stay in the queue, for whoever looks at the demo.
    """
    move_to(moment)
    analyst = Actor("STAFF", ANALYST, frozenset({"FRAUD_ANALYST"}))
    waiting = ReviewCase.objects.filter(livemode=False, state__in=WAITING).exclude(payer_id__in=spared)
    for case in waiting.order_by("id"):
        if secrets.randbelow(10) < 7:
            # A worker may be about to decline a case whose time is over; then there is nothing left to decide.
            with contextlib.suppress(cases.UnableToClaim, cases.UnableToDecide), transaction.atomic():
                _decide(case.case_id, analyst, clock.now())
    reconciliation.run(now=clock.now())
    if rail:
        rail.end_of_day(moment)


def _decide(case_id: str, analyst: Actor, now: datetime) -> None:
    """Three of four turn out to be genuine."""
    genuine = bool(secrets.randbelow(4))
    cases.claim(case_id=case_id, actor=analyst, now=now)
    cases.decide(
        case_id=case_id,
        decision=CaseDecision.APPROVE if genuine else CaseDecision.DECLINE,
        outcome=CaseOutcome.GENUINE if genuine else CaseOutcome.SUSPECTED_FRAUD,
        reason="The buyer confirmed the booking by telephone." if genuine else "The buyer does not know the booking.",
        actor=analyst,
        now=now,
    )


def _account(email: str, name: str, role: str, now: datetime) -> people.Issued:
    """A fresh account, or a fresh password for the one that an interrupted start left behind."""
    left = User.objects.filter(email=email).first()
    if left is not None:
        with transaction.atomic():
            authenticators.forget(user=left)
            password = passwords.issue(user=left, must_change=False, actor=SYSTEM, now=now)
        return people.Issued(left, password)
    return people.create(email=email, full_name=name, roles=[role], must_change_password=False, actor=SYSTEM, now=now)


def _open_endpoint(now: datetime) -> None:
    """Webhooks to the server that `make run` starts beside the program, unless an interrupted start opened it."""
    url = os.environ.get("HOLDFAST_DEMO_RECEIVER", "")
    if url and not Endpoint.objects.filter(url=url).exists():
        endpoints.create(
            url=url,
            types=[EVERYTHING],
            description="The demo marketplace",
            account=ACCOUNT,
            livemode=False,
            secret=webhook_secrets.mint(now=now),
            actor=SYSTEM,
            now=now,
        )


def _plan_file() -> Path:
    return credentials_file().with_name("plan.json")


def _curl(base_url: str, secret: str) -> str:
    body = json.dumps(
        {
            "cardNumber": "4242424242424242", "expiryMonth": "12", "expiryYear": "2030", "cvc": "123",
            "amount": 50000, "currency": "USD", "customerId": "cus_abc123def456", "providerId": "prov_xyz789ghi012",
            "bookingId": "book_service_001", "paymentMethod": "card",
        }
    )  # fmt: skip
    return (
        f"curl -sS {base_url}/v1/payments -H 'Authorization: Bearer {secret}' -H 'Content-Type: application/json' "
        f"-H \"Idempotency-Key: $(date +%s%N)\" -d '{body}'"
    )
