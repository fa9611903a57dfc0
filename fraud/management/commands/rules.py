"""`manage.py rules export|import|diff|validate|reference`: versions of the rules as files. docs/fraud-rules.md"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.audit import operators
from core.errors import Refusal
from fraud.parameters import thresholds
from fraud.rules import definitions, differences, documents, reference
from fraud.rules.catalogue import LIST_PREFIX, Kind
from fraud.rules.documents import NotADocument, RulesDocument
from fraud.selectors import rule_sets
from fraud.services import rule_documents
from fraud.services.rule_sets import shipped_rules


class Command(BaseCommand):
    help = "Take versions of the rules out, in (as a draft), compare and check them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        export = acts.add_parser("export", help="write a version as a file: backup, or for another environment")
        export.add_argument("file", nargs="?", help="standard output if left out")
        export.add_argument("--set", type=int, dest="number", help="the version; the one in force if left out")
        export.add_argument("--entries", action="store_true", help="with the entries of lists that are in force")
        taking = acts.add_parser("import", help="make a draft of a file")
        taking.add_argument("file", nargs="?")
        taking.add_argument("--shipped", action="store_true", help="of the rules that new installations begin with")
        taking.add_argument("--entries", action="store_true", help="with entries, except those that need a signature")
        diff = acts.add_parser("diff", help="compare two: files, numbers of versions, `active` or `shipped`")
        diff.add_argument("before")
        diff.add_argument("after")
        validate = acts.add_parser("validate", help="check a file; exits 1 with the place of each fault")
        validate.add_argument("file")
        acts.add_parser("reference", help="everything a rule may name, as docs/fraud-rules.md has it")

    def handle(self, *, act: str, **options: Any) -> None:
        try:
            getattr(self, f"_{act}")(options)
        except Refusal as refused:
            faults = "".join(f"\n  {error.pointer}: {error.reason}" for error in refused.errors)
            raise CommandError(f"{refused.detail}{faults}") from None

    def _export(self, options: dict[str, Any]) -> None:
        document = rule_documents.document_of(
            version=options["number"], with_entries=options["entries"], now=clock.now()
        )
        text = documents.write(document)
        if options["file"]:
            Path(options["file"]).write_text(text)
            self.stderr.write(f"version {document.version}: {len(document.rules)} rules, {len(document.lists)} lists")
        else:
            self.stdout.write(text, ending="")

    def _import(self, options: dict[str, Any]) -> None:
        if bool(options["file"]) == options["shipped"]:
            raise CommandError("name a file, or --shipped")
        document = _named("shipped") if options["shipped"] else _file(options["file"])
        taken = rule_documents.take(
            document=document, with_entries=options["entries"], actor=operators.at_terminal(), now=clock.now()
        )
        self.stdout.write(
            f"Version {taken.draft.version} is a draft: {len(document.rules)} rules. It judges nothing yet."
        )
        if taken.lists_made:
            self.stdout.write(f"New lists: {', '.join(taken.lists_made)}")
        if taken.entries_added:
            self.stdout.write(f"New entries: {taken.entries_added}")
        if taken.unsigned:
            self.stdout.write(f"{taken.unsigned} entries of allow lists are asked for one by one in the console.")
        for line in _threshold_lines(thresholds(at=clock.now()), document.thresholds):
            self.stdout.write(f"Another value in the file, kept as it is here: {line}")

    def _diff(self, options: dict[str, Any]) -> None:
        before, after = _named(options["before"]), _named(options["after"])
        found = differences.between(before.rules, after.rules)
        lines = [f"+ {rule.code}: {rule.expression}" for rule in found.added]
        lines += [f"- {rule.code}: {rule.expression}" for rule in found.removed]
        for code, changes in found.changed.items():
            lines += [f"~ {code}.{change.field}: {change.before!r} → {change.after!r}" for change in changes]
        lines += ["~ the order of the rules"] if found.moved else []
        lines += [f"~ threshold {line}" for line in _threshold_lines(before.thresholds, after.thresholds)]
        lines += _list_lines(before, after)
        self.stdout.write("\n".join(lines) if lines else "no difference")

    def _validate(self, options: dict[str, Any]) -> None:
        document = _file(options["file"])
        vocabulary = rule_sets.get_vocabulary()
        effects = {**{LIST_PREFIX + each.name: each.effect for each in document.lists}, **vocabulary.list_effects}
        kinds = {**vocabulary.kinds, **dict.fromkeys(effects, Kind.TEXTS)}
        faults = definitions.faults(document.rules, kinds=kinds, list_effects=effects)
        for fault in faults:
            code = document.rules[fault.index].code if document.rules else ""
            self.stderr.write(f"rules[{fault.index}] {code} {fault.field}: {fault}")
        if faults:
            raise CommandError(f"{len(faults)} faults", returncode=1)
        self.stdout.write(f"{len(document.rules)} rules check")

    def _reference(self, options: dict[str, Any]) -> None:
        self.stdout.write(reference.written())


def _file(path: str) -> RulesDocument:
    try:
        return documents.read(Path(path).read_text())
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    except NotADocument as error:
        raise CommandError(f"{path}: {error}") from None


def _named(name: str) -> RulesDocument:
    """A file, the number of a version here, `active`, or `shipped`."""
    if name == "shipped":
        return RulesDocument(tuple(shipped_rules()), note="the shipped rules")
    if name == "active" or name.isdecimal():
        number = None if name == "active" else int(name)
        return rule_documents.document_of(version=number, with_entries=False, now=clock.now())
    return _file(name)


def _threshold_lines(before: Any, after: Any) -> list[str]:
    common = sorted(before.keys() & after.keys())
    return [f"{name}: {before[name]!r} → {after[name]!r}" for name in common if before[name] != after[name]]


def _list_lines(before: RulesDocument, after: RulesDocument) -> list[str]:
    """Lists by name; where one side says nothing of lists there is nothing to compare."""
    if not before.lists or not after.lists:
        return []
    old, new = ({each.name: (each.kind, each.effect) for each in side.lists} for side in (before, after))
    lines = [f"+ list {name}: {' '.join(new[name])}" for name in new if name not in old]
    lines += [f"- list {name}: {' '.join(old[name])}" for name in old if name not in new]
    changed = [name for name in new if name in old and old[name] != new[name]]
    return lines + [f"~ list {name}: {' '.join(old[name])} → {' '.join(new[name])}" for name in changed]
