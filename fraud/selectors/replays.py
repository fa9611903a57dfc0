"""Stored decisions judged again, without keeping what comes of it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import transaction

from fraud.rules import backtest_result
from fraud.rules.backtest import Backtest, Rescore, Terms
from fraud.rules.backtest_result import Watch
from fraud.rules.compiled import CompiledRules
from fraud.selectors import stored_decisions
from fraud.selectors.stored_decisions import Place, Window

AT_ONCE = 100_000


def judge_next(
    run: Backtest,
    window: Window,
    *,
    after: Place | None,
    limit: int,
    progress: Callable[[int], object] = lambda _read: None,
) -> tuple[int, Place | None]:
    """Count the next decisions into `run`: how many there were, and where the next slice begins. In a transaction.

    `progress` is told how many there were so far, batch by batch.
    """
    read, place = 0, after
    with stored_decisions.stream(window, lists=run.lists, after=after, limit=limit) as batches:
        for rows in batches:
            run.add(row[2:] for row in rows)
            read, place = read + len(rows), Place(*rows[-1][:2])
            progress(read)
    return read, place


def compare(
    *,
    active: CompiledRules,
    candidate: CompiledRules,
    window: Window,
    terms: Terms,
    watch: Watch,
    rescore: Rescore | None = None,
    progress: Callable[[int], object] = lambda _done: None,
) -> dict[str, Any]:
    """What `fraud.rules.backtest_result.summarise` says of the whole window. `progress` is told as it goes.

    `rescore` gives the candidate's base score of decisions that the window's challenger did not see.
    """
    run = Backtest(active=active, candidate=candidate, terms=terms, rescore=rescore)
    place, done = None, 0
    while True:
        with transaction.atomic():
            told = partial(_tell, progress, done)
            read, place = judge_next(run, window, after=place, limit=AT_ONCE, progress=told)
        done += read
        if read < AT_ONCE:
            codes = [rule.code for rule in candidate.rules]
            return backtest_result.summarise(run.counts, codes=codes, watch=watch)


def _tell(progress: Callable[[int], object], before: int, read: int) -> None:
    progress(before + read)
