"""Everything a rule may name, written from the catalogue for docs/fraud-rules.md. Pure."""

from typing import Any

from fraud.parameters import RULE_PREFIX, rule_thresholds
from fraud.rules import language
from fraud.rules.catalogue import LIST_PREFIX, VARIABLES
from fraud.rules.lists import VARIABLES_OF
from fraud.rules.shipped_lists import SHIPPED_LISTS


def written() -> str:
    """Markdown without a heading of its own."""
    lines = [
        "### Variables",
        "",
        "| name | kind | meaning |",
        "| --- | --- | --- |",
        *(f"| `{name}` | {each.kind.value} | {each.meaning} |" for name, each in VARIABLES.items()),
        "",
        "### Thresholds",
        "",
        f"Dated parameters under `{RULE_PREFIX}`, with the value they are shipped with.",
        "",
        "| name | shipped | unit | meaning |",
        "| --- | --- | --- | --- |",
        *(f"| `{name}` | {_shown(value)} | {unit} | {meaning} |" for name, (value, unit, meaning) in rule_thresholds()),
        "",
        "### Lists",
        "",
        "| name in expressions | compared with | effect | purpose |",
        "| --- | --- | --- | --- |",
        *(
            f"| `{LIST_PREFIX}{each.name}` | {', '.join(f'`{name}`' for name in VARIABLES_OF[each.kind])} "
            f"| {each.effect.value} | {each.purpose} |"
            for each in SHIPPED_LISTS
        ),
        "",
        "### Limits",
        "",
        f"{language.MAX_LENGTH} characters, {language.MAX_NODES} parts, {language.MAX_ARITHMETIC} arithmetic "
        f"operations, nested {language.MAX_DEPTH} deep, lists of {language.MAX_LIST} texts, texts of "
        f"{language.MAX_TEXT} characters, numbers up to {language.MAX_NUMBER:,}.",
    ]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else f"{value:,}"
