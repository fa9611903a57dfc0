"""Imports point down only; a service knows no task, no clock and no view; pure modules know no framework."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from unittest import mock

import pytest
from importlinter.cli import lint_imports

from tests.architecture import sources
from tests.architecture.sources import ROOT, Source

# Rules, states, formats and values: the same answer without a database, a network or a clock.
PURE = (
    "core/money.py", "core/ids.py", "core/errors.py", "core/actors.py", "core/audit/chain.py",
    "core/telemetry/redaction.py",
    "core/approvals/policy.py", "core/approvals/policy_documents.py", "core/approvals/states.py",
    "core/approvals/digests.py", "ledger/chart.py", "payments/states.py", "payments/fees.py",
    "escrow/states.py", "escrow/terms/", "fraud/rules/", "ach/nacha/", "ach/calendar/",
)  # fmt: skip
IMPURE = ("django", "rest_framework", "celery", "redis", "psycopg", "boto3", "httpx", "requests", "core.clock")
# What would be signed is read at the moment of whoever asks or signs.
SIGNED_ACTS = re.compile(r"/approvals(_\w+)?\.py$|^fraud/approvals/")
CLOCKS = ("clock.now", "timezone.now", "datetime.now", "datetime.utcnow", "date.today", "time.time")
READS_THE_CLOCK = {
    # An event without a time of its own, published by a caller that has none, is due at once.
    "core/outbox/services.py",
    # Authenticator apps follow the world's time; a demo that moves its clock must not lock everybody out.
    "core/staff/services/authenticators.py",
}


def lint(configuration: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    # Its own logging set-up would silence every logger that is there already, for all tests after this one.
    with mock.patch("importlinter.cli._configure_logging"):
        code = lint_imports(config_filename=str(configuration), no_cache=True, no_logo=True)
    return code, capsys.readouterr().out


def test_imports_point_down_only(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    code, said = lint(ROOT / ".importlinter", capsys)
    assert code == 0, said


def test_control_an_upside_down_contract_is_broken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    (tmp_path / "contracts").write_text(
        "[importlinter]\nroot_packages =\n    core\n    ledger\n"
        "[importlinter:contract:layers]\nname = Upside down\ntype = layers\nlayers =\n    core\n    ledger\n"
    )
    code, said = lint(tmp_path / "contracts", capsys)
    assert code == 1
    assert "ledger is not allowed to import core" in said


def test_the_contract_names_every_layer() -> None:
    """A package that nobody put into the contract would be free to import anything."""
    lines = [line.strip() for line in (ROOT / ".importlinter").read_text().splitlines()]
    ours = {path.name for path in ROOT.iterdir() if (path / "apps.py").exists() or (path / "__init__.py").exists()}
    ours -= {"tests", "embedded", "config", "var"}
    assert ours <= set(lines)
    assert ours <= set(sources.LAYERS)
    stack = lines[lines.index("layers =") + 1 : lines.index("[importlinter:contract:config]")]
    assert [name for line in stack for name in line.split(" | ")] == list(reversed(sources.LAYERS))
    assert "ach | fraud" in stack, "neither knows the other"


def services_that_import_upwards(files: Iterable[Source]) -> list[str]:
    upper = {"tasks", "views", "handlers", "admin", "forms", "serializers"}
    return [
        f"{file.path} imports {name}"
        for file in files
        if sources.is_service(file.path) or sources.is_selector(file.path) or sources.is_model(file.path)
        for name in sources.imported(file)
        if name.split(".")[0] in sources.PACKAGES and upper & set(name.split(".")[1:])
    ]


def test_services_import_no_task_and_no_view() -> None:
    assert services_that_import_upwards(sources.every()) == []


def files_that_read_the_clock(files: Iterable[Source]) -> list[str]:
    return [
        f"{file.path} calls {name}"
        for file in files
        if (
            sources.is_service(file.path)
            or sources.is_selector(file.path)
            or sources.is_model(file.path)
            or SIGNED_ACTS.search(file.path)
        )
        and file.path not in READS_THE_CLOCK
        for name in sources.calls(file)
        if name.endswith(CLOCKS)
    ]


def test_services_are_told_the_time() -> None:
    assert files_that_read_the_clock(sources.every()) == []


def impure_imports(files: Iterable[Source]) -> Iterator[str]:
    for file in files:
        if file.path.startswith(PURE):
            for name in sources.imported(file):
                if any(name == lib or name.startswith(f"{lib}.") for lib in IMPURE):
                    yield f"{file.path} imports {name}"


def test_pure_modules_stay_pure() -> None:
    assert list(impure_imports(sources.every())) == []


def test_controls_each_rule_can_be_broken() -> None:
    service = sources.parse(
        "payments/services/refunds.py", "from payments import tasks\nfrom core import clock\nclock.now()"
    )
    assert services_that_import_upwards([service]) == ["payments/services/refunds.py imports payments.tasks"]
    assert files_that_read_the_clock([service]) == ["payments/services/refunds.py calls clock.now"]
    act = sources.parse("ach/approvals_returns.py", "from core import clock\nclock.now()")
    assert files_that_read_the_clock([act]) == ["ach/approvals_returns.py calls clock.now"]
    pure = sources.parse("payments/states.py", "from django.db import models")
    assert list(impure_imports([pure])) == [
        "payments/states.py imports django.db", "payments/states.py imports django.db.models",
    ]  # fmt: skip


def test_the_rules_look_at_real_files() -> None:
    paths = {file.path for file in sources.every()}
    assert {"core/audit/services.py", "core/audit/chain.py", "core/money.py"} <= paths
    assert sum(sources.is_service(path) for path in paths) >= 5
