"""What else must not stand in text: verification codes, passwords, keys, tokens; tax and account numbers. Pure.

Each rule has hints, lower-case words of which it needs one to match: looking for a hint is far cheaper than the rule.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

REDACTED = "[redacted]"

# Between a name and its value: `name=value`, `"name": "value"`, and the latter once more escaped inside a string.
_EQUALS = r"""\\*["']?[ \t]*[:=][ \t]*"""
_VALUE = r"""(?:\\*"[^"\\\n]*\\*"|'[^'\n]*'|[^\s,;&"'}\])]+)"""


@dataclass(frozen=True, slots=True)
class Rule:
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    replacement: str | Callable[[re.Match[str]], str]


def _keep_last_four(match: re.Match[str]) -> str:
    whole = match.group()
    digits_before_end = sum(character.isdigit() for character in whole) - 4
    kept = []
    for character in whole:
        hide = character.isdigit() and digits_before_end > 0
        digits_before_end -= character.isdigit()
        kept.append("*" if hide else character)
    return "".join(kept)


def _hide_value(match: re.Match[str]) -> str:
    """Name and separator stay; the value goes, its quotes stay so that JSON remains JSON."""
    kept = match.group(1)
    value = match.group()[len(kept) :]
    quote = re.match(r"""\\*["']""", value)
    return f"{kept}{quote.group()}{REDACTED}{quote.group()}" if quote else kept + REDACTED


_SECRETS = (
    Rule(
        ("cvc", "cvv", "csc", "security", "verification"),
        re.compile(
            r"(?i)((?<![a-z])(?:cvc|cvv|csc)2?(?:[_ -]?(?:code|value|number))?"
            r"|security[_ -]?code|verification[_ -]?(?:code|value))"
            rf"""({_EQUALS}\\*["']?|[ \t]+(?:is[ \t]+)?)\d{{3,4}}(?!\d)"""
        ),
        r"\1\2***",
    ),
    Rule(
        ("otpauth",),
        re.compile(r"""(?i)otpauth(?:-migration)?://[^\s"'<>\\]+"""),
        "otpauth://" + REDACTED,
    ),
    Rule(("sk_", "rk_"), re.compile(r"\b([sr]k_(?:test|live)_)[A-Za-z0-9_]{6,}"), r"\1" + REDACTED),
    Rule(("whsec_",), re.compile(r"\bwhsec_[A-Za-z0-9+/=_\-]{6,}"), "whsec_" + REDACTED),
    Rule(("eyj",), re.compile(r"\beyJ[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]*"), REDACTED),
    Rule(("akia", "asia"), re.compile(r"\bA[KS]IA[0-9A-Z]{16}\b"), REDACTED),
    Rule(
        ("authorization",),
        re.compile(
            rf"""(?i)((?:proxy-|http_)?authorization{_EQUALS}\\*["']?(?:(?:bearer|basic|token|digest)[ \t]+)?)"""
            r"""[^\s"',;\\}]+"""
        ),
        r"\1" + REDACTED,
    ),
    Rule(("bearer",), re.compile(r"(?i)(\bbearer[ \t]+)(?!\[redacted)[A-Za-z0-9._~+/=\-]{8,}"), r"\1" + REDACTED),
    Rule(
        ("cookie",),
        re.compile(r"""(?i)((?:set-|http_)?cookie\\*["']?[ \t]*:[ \t]*\\*["']?)[^\n"'\\]+"""),
        r"\1" + REDACTED,
    ),
    Rule(("://",), re.compile(r"(://[^\s:/@\"']*):[^\s/@\"']+@"), r"\1:" + REDACTED + "@"),
    Rule(
        ("passw", "secret", "key", "token"),
        re.compile(
            r"(?i)((?<![a-z])(?:[a-z]+[_-])*(?:password|passwd|secret|api[_-]?key|private[_-]?key|secret[_-]?key|access[_-]?key"
            rf"|access[_-]?token|refresh[_-]?token|session[_-]?token|csrf[_-]?token){_EQUALS})(?!\[redacted){_VALUE}"
        ),
        _hide_value,
    ),
)

_IDENTIFIERS = (
    Rule(("-",), re.compile(r"(?<![\d\-])\d{3}-\d{2}-\d{4}(?![\d\-])"), _keep_last_four),
    Rule(("-",), re.compile(r"(?<![\d\-])\d{2}-\d{7}(?![\d\-])"), _keep_last_four),
    Rule(
        ("ssn", "tin", "social", "account"),
        re.compile(
            r"(?i)(?<![a-z])(?:ssn|itin|tin|social[_ -]security(?:[_ -]number)?|account(?:[_ -]?(?:number|no))?)"
            rf"""({_EQUALS}\\*["']?|[ \t]+)\d{{6,17}}(?!\d)"""
        ),
        _keep_last_four,
    ),
)


_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_BY_LINE_FROM = 2_000


def _all_hints(rules: tuple[Rule, ...]) -> tuple[str, ...]:
    return tuple(sorted({hint for rule in rules for hint in rule.hints}))


_SECRET_HINTS = _all_hints(_SECRETS)
_IDENTIFIER_HINTS = _all_hints(_IDENTIFIERS)


def redact_secrets(text: str) -> str:
    if "PRIVATE KEY" in text:
        text = _PRIVATE_KEY.sub(REDACTED, text)
    if len(text) > _BY_LINE_FROM and "\n" in text:
        return "".join([_apply(_SECRETS, _SECRET_HINTS, line) for line in text.splitlines(keepends=True)])
    return _apply(_SECRETS, _SECRET_HINTS, text)


def redact_identifiers(text: str) -> str:
    """Social security and employer numbers, and numbers that are called an account: last four digits stay."""
    return _apply(_IDENTIFIERS, _IDENTIFIER_HINTS, text)


def _apply(rules: tuple[Rule, ...], hints: tuple[str, ...], text: str) -> str:
    lower = text.lower()
    present = [hint for hint in hints if hint in lower]
    if not present:
        return text
    for rule in rules:
        if any(hint in present for hint in rule.hints):
            text = rule.pattern.sub(rule.replacement, text)
    return text
