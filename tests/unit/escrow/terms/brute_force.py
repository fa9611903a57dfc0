"""Terms acted out hour by hour, written from their description and from nothing of the checker's.

A world knows one rule at a time: in each hour first the refund looks, then people act, then hours of conditions strike,
then inspections end, then the release looks. What terms can lead to is found by acting out every behaviour: each
condition satisfied in any hour or never.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from escrow.terms.agreed import Agreed, Condition

Behaviour = Mapping[str, int | None]


@dataclass
class World:
    """`hour` is the last one acted out. `asked`: signatures were wanted, nobody gives any. `ends` False: it goes on."""

    agreed: Agreed
    signs: bool = True
    ends: bool = True
    hour: int = -1
    end: tuple[str, int] | None = None
    asked: int | None = None
    releasable: int | None = None
    met: dict[str, int] = field(default_factory=dict)
    lapsed: set[str] = field(default_factory=set)

    def copy(self) -> "World":
        return World(
            self.agreed, self.signs, self.ends, self.hour, self.end, self.asked, self.releasable,
            dict(self.met), set(self.lapsed),
        )  # fmt: skip

    def is_open(self, condition: Condition) -> bool:
        return condition.condition_id not in self.met and condition.condition_id not in self.lapsed

    def step(self, behaviour: Behaviour) -> None:
        self.hour += 1
        timeouts = self.agreed.timeouts
        if self.ends and self.hour == timeouts.auto_refund_after_hours and not self._together(self.met):
            self.end = ("REFUND", self.hour)
            return
        for each in self.agreed.conditions:
            self._let_people_act(each, behaviour)
            self._strike(each)
        if self.releasable is None and self._together(self._inspected()):
            self.releasable = self.hour
        release = timeouts.auto_release_after_hours
        if release is not None and self.hour >= release and self.releasable is not None and self.asked is None:
            if self.agreed.release.requires_manual_approval and not self.signs:
                self.asked = self.hour
            elif self.ends:
                self.end = ("RELEASE", self.hour)

    def _let_people_act(self, each: Condition, behaviour: Behaviour) -> None:
        in_time = each.timeout_hours is None or self.hour < each.timeout_hours
        if self.is_open(each) and in_time and behaviour.get(each.condition_id) == self.hour:
            self.met[each.condition_id] = self.hour

    def _strike(self, each: Condition) -> None:
        if self.is_open(each) and self.hour == each.timeout_hours:
            if each.type == "TIME_ELAPSED" or each.on_timeout == "SATISFY":
                self.met[each.condition_id] = self.hour
            else:
                self.lapsed.add(each.condition_id)

    def _inspected(self) -> set[str]:
        return {
            each.condition_id
            for each in self.agreed.conditions
            if each.condition_id in self.met and self.met[each.condition_id] + each.inspection_hours <= self.hour
        }

    def _together(self, names: Mapping[str, int] | set[str]) -> bool:
        if not self.agreed.conditions:
            return True
        if self.agreed.release.all_conditions_met:
            return len(names) == len(self.agreed.conditions)
        return len(names) > 0


@dataclass(frozen=True)
class Findings:
    """What some behaviour leads to. `broken`: refunded away, though their own hour would still have let them be met."""

    released_in_time: bool
    released_by_itself: bool
    refunded_by_itself: bool
    stuck_when_idle: bool
    broken: frozenset[str]
    never_inspected_in_window: frozenset[str]
    last_end: int
    first_end: int | None


def last_hour(agreed: Agreed) -> int:
    """After it nothing new can happen."""
    timeouts = agreed.timeouts
    hours = [each.timeout_hours or 0 for each in agreed.conditions]
    hours += [timeouts.auto_release_after_hours or 0, timeouts.auto_refund_after_hours or 0]
    return max(hours) + 1


def behaviours(agreed: Agreed) -> Iterator[Behaviour]:
    """Each hour at which somebody may try, one of them too late, and never."""
    choices: list[list[int | None]] = []
    for each in agreed.conditions:
        last = last_hour(agreed) if each.timeout_hours is None else each.timeout_hours
        choices.append([None] if each.type == "TIME_ELAPSED" else [None, *range(last + 1)])
    for chosen in itertools.product(*choices):
        yield {each.condition_id: hour for each, hour in zip(agreed.conditions, chosen, strict=True)}


def act_out(world: World, behaviour: Behaviour) -> World:
    """To its end, or until nothing new can happen."""
    still = last_hour(world.agreed) + max((each.inspection_hours for each in world.agreed.conditions), default=0)
    while world.end is None and world.hour < still:
        world.step(behaviour)
    return world


def findings(agreed: Agreed) -> Findings:
    refund = agreed.timeouts.auto_refund_after_hours
    window = agreed.disputes.dispute_window_hours if agreed.disputes.allow_disputes else 0
    in_time, ends, broken, inspected = False, set(), set(), set()
    for behaviour in behaviours(agreed):
        world = act_out(World(agreed), behaviour)
        ends.add(world.end)
        in_time |= world.releasable is not None and (refund is None or world.releasable < refund)
        inspected |= {name for name, hour in world.met.items() if hour < window}
        if world.end == ("REFUND", refund):
            unhindered = act_out(World(agreed, ends=False), behaviour)
            broken |= {name for name, hour in unhindered.met.items() if refund is not None and hour >= refund}
    idle = act_out(World(agreed, signs=False), {})
    hours = [end[1] for end in ends if end]
    kinds = {end[0] for end in ends if end}
    conditions = agreed.conditions
    return Findings(
        released_in_time=in_time,
        released_by_itself="RELEASE" in kinds,
        refunded_by_itself="REFUND" in kinds,
        stuck_when_idle=idle.end is None and idle.asked is None,
        broken=frozenset(each.condition_id for each in conditions if each.timeout_hours) & broken,
        never_inspected_in_window=frozenset(each.condition_id for each in conditions if each.inspection_hours)
        - inspected,
        last_end=max(hours, default=0),
        first_end=min(hours, default=None),
    )
