"""What this code does without: signals, `save()` that does more, drawers named utils, shared lists of errors."""

import ast
from collections.abc import Iterable, Iterator

from tests.architecture import sources
from tests.architecture.sources import Source

NAMES_THAT_SAY_NOTHING = {"utils.py", "util.py", "helpers.py", "misc.py", "common.py", "exceptions.py"}
FRAMEWORK_SIGNALS = {"post_migrate"}


def files_that_say_nothing(files: Iterable[Source]) -> list[str]:
    return [file.path for file in files if file.path.rsplit("/", 1)[-1] in NAMES_THAT_SAY_NOTHING]


def models_with_logic_in_save(files: Iterable[Source]) -> list[str]:
    return [
        f"{file.path}:{node.lineno}"
        for file in files
        if sources.is_model(file.path)
        for node in ast.walk(file.tree)
        if isinstance(node, ast.FunctionDef) and node.name in {"save", "delete"}
    ]


def signals(files: Iterable[Source]) -> Iterator[str]:
    for file in files:
        for name in sources.imported(file):
            if name.startswith("django.db.models.signals.") and name.rsplit(".", 1)[-1] not in FRAMEWORK_SIGNALS:
                yield f"{file.path} uses {name}"
            if name == "django.dispatch.receiver":
                yield f"{file.path} uses {name}"


def errors_swallowed(files: Iterable[Source]) -> list[str]:
    """`except …: pass` and a bare `except`: a failure that nobody hears of."""
    return [
        f"{file.path}:{node.lineno}"
        for file in files
        for node in ast.walk(file.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or all(isinstance(statement, ast.Pass) for statement in node.body))
    ]


def test_every_file_says_what_it_holds() -> None:
    assert files_that_say_nothing(sources.every()) == []


def test_saving_a_row_does_nothing_else() -> None:
    assert models_with_logic_in_save(sources.every()) == []


def test_no_row_sets_anything_off_by_signal() -> None:
    assert list(signals(sources.every())) == []


def test_no_error_is_swallowed() -> None:
    assert errors_swallowed(sources.every()) == []


def test_controls_each_rule_can_be_broken() -> None:
    model = sources.parse("ledger/models/entry.py", "class Entry:\n    def save(self): ...")
    assert models_with_logic_in_save([model]) == ["ledger/models/entry.py:2"]
    assert files_that_say_nothing([sources.parse("ledger/utils.py", "")]) == ["ledger/utils.py"]
    signal = sources.parse("ledger/apps.py", "from django.db.models.signals import post_save, post_migrate")
    assert list(signals([signal])) == ["ledger/apps.py uses django.db.models.signals.post_save"]
    swallowed = sources.parse("ledger/a.py", "try:\n    x()\nexcept ValueError:\n    pass\n")
    assert errors_swallowed([swallowed]) == ["ledger/a.py:3"]
