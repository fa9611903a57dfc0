"""The ratios of decisions whose truth is known. Definitions with a worked example: docs/fraud-watching.md.

Flagged is whatever was not approved; NO_ADVICE decided nothing and is in none of them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Confusion:
    """Labelled decisions: flagged fraud, flagged genuine, missed fraud, approved genuine. Counts or amounts.

    A ratio without anything to divide by is None, never 0 or 1.
    """

    caught: int
    disturbed: int
    missed: int
    passed: int

    def __add__(self, other: "Confusion") -> "Confusion":
        return Confusion(
            self.caught + other.caught,
            self.disturbed + other.disturbed,
            self.missed + other.missed,
            self.passed + other.passed,
        )

    @property
    def labelled(self) -> int:
        return self.caught + self.disturbed + self.missed + self.passed

    @property
    def precision(self) -> float | None:
        """Of the flagged, the share that is fraud."""
        return share(self.caught, self.caught + self.disturbed)

    @property
    def recall(self) -> float | None:
        """Of the fraud, the share that was flagged."""
        return share(self.caught, self.caught + self.missed)

    @property
    def false_positive_rate(self) -> float | None:
        """Of the genuine, the share that was flagged. The target of 2 % is about this one."""
        return share(self.disturbed, self.disturbed + self.passed)

    @property
    def false_discovery_rate(self) -> float | None:
        """Of the flagged, the share that is genuine: 1 less precision. The alarm at 30 % is about this one."""
        return share(self.disturbed, self.caught + self.disturbed)

    @property
    def false_negative_rate(self) -> float | None:
        """Of the fraud, the share that was approved: 1 less recall."""
        return share(self.missed, self.caught + self.missed)

    @property
    def accuracy(self) -> float | None:
        """Of all, the share that was right. Means little without `majority`."""
        return share(self.caught + self.passed, self.labelled)

    @property
    def majority(self) -> float | None:
        """The accuracy of approving everything (or flagging everything, where most is fraud)."""
        fraud, genuine = self.caught + self.missed, self.disturbed + self.passed
        return share(max(fraud, genuine), self.labelled)

    def in_full(self) -> dict[str, int | float | None]:
        """Counts and every ratio by name."""
        return {
            "caught": self.caught,
            "disturbed": self.disturbed,
            "missed": self.missed,
            "passed": self.passed,
            "precision": self.precision,
            "recall": self.recall,
            "false_positive_rate": self.false_positive_rate,
            "false_discovery_rate": self.false_discovery_rate,
            "false_negative_rate": self.false_negative_rate,
            "accuracy": self.accuracy,
            "majority": self.majority,
        }


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
