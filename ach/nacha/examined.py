"""One record under examination: its fields by name, and a way to say what is wrong with one of them only once."""

from ach.nacha.layout import Layout
from ach.nacha.problems import Log


class Examined:
    """Notes every field that does not fit the layout when it is made.

    `refuse` is silent afterwards about those that are errors, and adds to those that are mere warnings.
    """

    __slots__ = ("_bad", "layout", "line", "log", "record")

    def __init__(self, log: Log, line: int, layout: Layout, record: bytes) -> None:
        self.log, self.line, self.layout, self.record = log, line, layout, record
        findings = list(layout.findings(record))
        self._bad = {found.field for found in findings if not found.recoverable}
        for field, code, message, recoverable in findings:
            log.add(line, layout.name, field, code, message, recoverable=recoverable)

    def fits(self, field: str) -> bool:
        return field not in self._bad

    def raw(self, field: str) -> bytes:
        return self.record[self.layout.columns[field]]

    def text(self, field: str) -> str:
        """The columns as they are, blanks included; signs that are not ASCII as Latin-1."""
        return self.raw(field).decode("latin-1")

    def number(self, field: str) -> int:
        """Zero where the columns are no number."""
        value = self.raw(field)
        return int(value) if value.isdigit() else 0

    def refuse(self, field: str, code: str, message: str, *, recoverable: bool = False) -> None:
        if field not in self._bad:
            self.log.add(self.line, self.layout.name, field, code, message, recoverable=recoverable)
