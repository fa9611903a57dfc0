"""What a benchmark prints: every figure beside the floor of the same run, because machines differ and ratios travel."""

from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    figure: str
    ratio: str
    target: str
    met: bool | None


@dataclass
class Report:
    """`add` shows a line at once; `print` and `markdown` give the whole."""

    rows: list[tuple[str, Row]] = field(default_factory=list)
    section: str = ""
    console: Console = field(default_factory=lambda: Console(width=140))

    def begin(self, section: str) -> None:
        self.section = section
        self.console.rule(section)

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        floor: float | None = None,
        target: str = "",
        met: bool | None = None,
    ) -> None:
        """`floor` is the figure of the same run that `value` is compared with."""
        ratio = f"{value / floor:.2f}" if floor else ""
        row = Row(name, f"{value:,.1f} {unit}" if value < 100 else f"{value:,.0f} {unit}", ratio, target, met)
        self.rows.append((self.section, row))
        self.console.print(f"  {name:62} {row.figure:>18} {ratio:>8}  {target} {_verdict(met)}")

    def print(self) -> None:
        table = Table("what", "figure", "ratio to floor", "target", "met", title="Holdfast benchmarks")
        for section, row in self.rows:
            table.add_row(f"{section}: {row.name}", row.figure, row.ratio, row.target, _verdict(row.met))
        self.console.print(table)

    def markdown(self) -> str:
        lines: list[str] = []
        section = ""
        for name, row in self.rows:
            if name != section:
                section = name
                lines += [
                    "",
                    f"## {section}",
                    "",
                    "| what | figure | ratio to floor | target | met |",
                    "|---|--:|--:|---|---|",
                ]
            lines.append(f"| {row.name} | {row.figure} | {row.ratio} | {row.target} | {_verdict(row.met)} |")
        return "\n".join(lines) + "\n"


def _verdict(met: bool | None) -> str:
    return "" if met is None else ("yes" if met else "NO")
