"""Terms by chance: small ones that can be acted out, and documents of any kind."""

from hypothesis import strategies as st

from escrow.terms.agreed import Agreed, Condition, Disputes, Milestone, ReleaseRule, Timeouts
from escrow.terms.words import ConditionType, OnTimeout, Outcome

LONGEST = 4
"""Hours of small terms."""


@st.composite
def small_conditions(draw: st.DrawFn, name: str, longest: int) -> Condition:
    hours = draw(st.sampled_from([None, *range(1, longest + 1)]))
    is_time = hours is not None and draw(st.integers(0, 2)) == 0
    kind = ConditionType.TIME_ELAPSED if is_time else ConditionType.MILESTONE_REACHED
    silence = OnTimeout.SATISFY if is_time or (hours and draw(st.booleans())) else OnTimeout.LAPSE
    inspection = draw(st.sampled_from([None, None, 1, 2]))
    milestone = Milestone(inspection_hours=inspection) if inspection else None
    return Condition(name, kind, name, silence, timeout_hours=hours, milestone=milestone)


@st.composite
def small_terms(draw: st.DrawFn) -> Agreed:
    """Each number makes sense by itself; together anything goes."""
    count = draw(st.sampled_from([0, 1, 1, 1, 2, 2, 2, 3]))
    longest = 2 if count == 3 else LONGEST
    ends = st.sampled_from([None, *range(1, longest + 2)])
    signed = draw(st.integers(0, 3)) == 0
    return Agreed(
        tuple(draw(small_conditions(f"c{number}", longest)) for number in range(count)),
        ReleaseRule(draw(st.booleans()), signed, (), int(signed), 1, partial_release_allowed=False),
        Timeouts(draw(ends), draw(ends), (), ()),
        Disputes(draw(st.integers(0, 3)) > 0, draw(st.integers(1, 3)), 1, (), 0),
    )


_name = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=20)
_names = st.lists(_name, max_size=4).map(tuple)
_hours = st.integers(-1_000_000, 1_000_000)
_maybe_hours = st.none() | _hours
_texts = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=40)
_amounts = st.integers(-(2**63) + 1, 2**63 - 1)
_free = st.dictionaries(
    _texts.filter(lambda name: name not in {"amount", "percentage", "inspectionHours"}),
    st.recursive(
        st.none() | st.booleans() | _amounts | _texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)
_milestones = st.builds(
    Milestone,
    amount_minor=st.none() | _amounts,
    basis_points=st.none() | st.integers(0, 99_999),
    inspection_hours=_maybe_hours,
    free=_free,
)


@st.composite
def _conditions(draw: st.DrawFn) -> Condition:
    return Condition(
        draw(st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}\Z")),
        draw(st.sampled_from(ConditionType)),
        draw(_texts.filter(str.strip)),
        draw(st.sampled_from(OnTimeout)),
        draw(_names),
        draw(_maybe_hours),
        draw(st.none() | _milestones),
    )


@st.composite
def any_terms(draw: st.DrawFn) -> Agreed:
    """Whatever can be written, sense or not."""
    return Agreed(
        tuple(draw(st.lists(_conditions(), max_size=4))),
        ReleaseRule(
            draw(st.booleans()), draw(st.booleans()), draw(_names), draw(_hours), draw(_hours), draw(st.booleans())
        ),
        Timeouts(draw(_maybe_hours), draw(_maybe_hours), draw(st.lists(_hours, max_size=4).map(tuple)), draw(_names)),
        Disputes(
            draw(st.booleans()), draw(_hours), draw(_hours), draw(_names), draw(_amounts),
            draw(st.sampled_from(Outcome)),
        ),
    )  # fmt: skip
