"""What the pages of models show, made of what a model was registered with."""

from datetime import date
from typing import Any

from django.urls import reverse

from core.console.components import Column, Fact, Table
from core.console.curves import curve
from fraud.model import drift
from fraud.model.calibration import FEWEST_ABOVE
from fraud.models import ModelComparison, ModelDrift, ModelExplanation, ModelTraining, ModelVersion
from fraud.rules.catalogue import VARIABLES

TONES = {"STABLE": "good", "WARN": "careful", "CRITICAL": "bad", "INSUFFICIENT": "quiet"}


def facts(model: ModelVersion) -> list[Fact]:
    return [
        Fact("Learned from", f"{model.payments:,} payments, {model.frauds:,} frauds"),
        Fact("Of the days", f"{_day(model.from_at)} to {_day(model.trained_to)}"),
        Fact("Measured on", f"{_day(model.validated_from)} to {_day(model.to_at)}"),
        Fact("Source of the data", f"{model.origin}, {'live' if model.livemode else 'test'} mode"),
        Fact("Registered", model.created_at, "stamp"),
        Fact("By", model.created_by.partition(":")[2]),
        Fact("SHA-256 of its text", model.sha256[:16], "code", hint="the first 16 characters"),
        Fact("Replaced", model.replaces.name, "code", url=reverse("admin:model", args=[model.replaces.name]))
        if model.replaces
        else Fact("Replaced", "nothing"),
        Fact("Signed as", model.approval_id, "code", url=reverse("admin:approval", args=[model.approval_id]))
        if model.approval_id
        else Fact("Signed as", "not signed"),
    ]


def proof(model: ModelVersion) -> str:
    return (
        f"Its text gave what LightGBM gives on {model.parity_rows:,} rows, each of {model.parity_columns} variables"
        f" missing in some; the largest difference was {model.parity_difference:g}."
    )


def unseen_days(model: ModelVersion) -> str:
    found = model.metrics
    return (
        f"On {found['payments']:,} payments with {found['frauds']:,} frauds that it had not seen, by the labels known"
        " when it was trained."
    )


def tiles(model: ModelVersion) -> list[tuple[str, str, str]]:
    """(label, figure, hint) of the payments the model had not seen."""
    found = model.metrics
    return [
        ("Average precision", f"{found['average_precision']:.3f}", "what decides between models"),
        ("Recall at 1 % false positives", f"{found['recall_at_1_fpr']:.1%}", f"of {found['frauds']:,} frauds"),
        ("AUC", f"{found['auc']:.3f}", "moves by chance; never decides"),
        ("Brier score", f"{found['brier']:.5f}", f"the base rate alone: {found['brier_base']:.5f}"),
    ]


def scale(model: ModelVersion) -> dict[str, Any]:
    """The anchors as rows and as a drawing."""
    anchors = model.curve["anchors"]
    rows = [
        {
            "score": anchor["score"],
            "share": "the largest seen" if anchor["share"] is None else f"{anchor['share']:.2%}",
            "raw": f"{anchor['raw']:.3f}",
            "extrapolated": f"extrapolated: fewer than {FEWEST_ABOVE} above"
            if anchor["is_extrapolated"]
            else "measured",
        }
        for anchor in anchors
    ]
    drawing = curve(
        [(raw, score) for raw, score in model.curve["points"]],
        [(anchor["raw"], anchor["score"], str(anchor["score"])) for anchor in anchors],
        title="Score by log-odds",
        across="log-odds",
        up="score",
    )
    columns = [
        Column("Score above", "score", "number"),
        Column("Reached by genuine payments", "share"),
        Column("Log-odds", "raw"),
        Column("How known", "extrapolated", hide_on_phone=True),
    ]
    return {"anchors": Table(columns, rows, caption="Anchors of the score"), "scale": drawing}


def bands(model: ModelVersion) -> Table:
    rows = [
        {
            "band": band["band"].capitalize(),
            "above": band["above"],
            "payments": band["payments"],
            "precision": "none" if band["precision"] is None else f"{band['precision']:.1%}",
            "recall": f"{band['recall']:.1%}",
            "rate": f"{band['false_positive_rate']:.2%}",
        }
        for band in model.metrics["bands"]
    ]
    columns = [
        Column("Band or worse", "band"),
        Column("Above", "above", "number"),
        Column("Payments", "payments", "number"),
        Column("Precision", "precision"),
        Column("Recall", "recall"),
        Column("False positives of genuine", "rate"),
    ]
    return Table(columns, rows, caption="Bands on the days of validation")


def reliability(model: ModelVersion) -> Table:
    rows = [
        {
            "upto": f"to {row['upto']:.1%}",
            "payments": row["payments"],
            "said": f"{row['said']:.2%}",
            "observed": f"{row['observed']:.2%}",
        }
        for row in model.metrics["reliability"]
    ]
    columns = [
        Column("Probability", "upto"),
        Column("Payments", "payments", "number"),
        Column("Said", "said"),
        Column("Were fraud", "observed"),
    ]
    return Table(columns, rows, caption="What was said and what happened")


def variables(model: ModelVersion, measured: list[ModelDrift]) -> Table:
    """The score, then variables by what they gained, each with its drift on the last day looked at."""
    by_name = {row.variable: row for row in measured}
    rows = []
    for name in (drift.SCORE, *sorted(model.importance, key=lambda variable: -model.importance[variable])):
        row = by_name.get(name)
        gain = model.importance.get(name)
        rows.append(
            {
                "name": name,
                "meaning": "What the model says" if gain is None else _meaning(name),
                "gain": "" if gain is None else f"{gain:.1%}",
                "psi": "" if row is None or row.psi is None else f"{row.psi:.3f}",
                "verdict": row.verdict if row else None,
                "url": reverse("admin:model_drift", args=[model.name, name]),
            }
        )
    columns = [
        Column("Variable", "name"),
        Column("Meaning", "meaning", hide_on_phone=True),
        Column("Share of gain", "gain"),
        Column("Stability index", "psi"),
        Column("Drift", "verdict", "status"),
    ]
    return Table(columns, rows, caption="Variables by gain, with drift")


def _meaning(name: str) -> str:
    return VARIABLES[name].meaning if name in VARIABLES else ""


def comparison(found: ModelComparison) -> dict[str, Any]:
    figures = [
        ("Average precision", found.result["average_precision"]),
        ("Recall at 1 % false positives", found.result["recall_at_1_fpr"]),
    ]
    rows = [
        (title, *(f"{one[side]:.3f}" for side in ("champion", "challenger")), f"{one['difference']:+.3f}",
         f"{one['low']:+.3f} to {one['high']:+.3f}")
        for title, one in figures
    ]  # fmt: skip
    shares = [
        (
            f"{band['above']} to {band['upto']}",
            *(_share(band[side], band["genuine"]) for side in ("champion", "challenger")),
        )
        for band in found.result["bands"]
    ]
    both_judged = f"{found.payments:,} payments that both judged, {found.frauds:,} frauds"
    return {"comparison": found, "figures": rows, "shares": shares, "both_judged": both_judged}


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2%} ({part:,})" if whole else "none"


def models_table(found: list[ModelVersion]) -> Table:
    rows = [
        {
            "model": model,
            "url": reverse("admin:model", args=[model.name]),
            "precision": f"{model.metrics['average_precision']:.3f}",
            "recall": f"{model.metrics['recall_at_1_fpr']:.1%}",
        }
        for model in found
    ]
    columns = [
        Column("Model", "model.name"),
        Column("State", "model.state", "status"),
        Column("Average precision", "precision"),
        Column("Recall at 1 %", "recall"),
        Column("Learned from", "model.payments", "number", hide_on_phone=True),
        Column("Registered", "model.created_at", "time"),
    ]
    return Table(columns, rows, caption="Models", empty="No model yet", hint="Train one below, or with train_model.")


def trainings_table(found: list[ModelTraining]) -> Table:
    rows = [
        {
            "training": row,
            "days": f"{_day(row.from_at)} to {_day(row.to_at)}",
            "came": row.model.name if row.model else row.refusal or "waits for a worker",
            "url": reverse("admin:model", args=[row.model.name]) if row.model else "",
        }
        for row in found
    ]
    columns = [
        Column("Asked", "training.asked_at", "time"),
        Column("Days", "days", hide_on_phone=True),
        Column("State", "training.state", "status"),
        Column("What came of it", "came"),
    ]
    return Table(columns, rows, caption="Trainings", empty="Nobody asked for a training yet")


def bins(model: ModelVersion, row: ModelDrift) -> Table:
    """Reference and day, bin by bin, in shares."""
    before = drift.read(model.references[row.variable])
    known = [*before.counts, before.missing]
    rows = [
        {
            "bin": label,
            "before": f"{old / max(before.events, 1):.1%}",
            "after": f"{new / max(row.events, 1):.1%}",
            "events": new,
        }
        for label, old, new in zip(before.labels(), known, row.counts, strict=True)
    ]
    columns = [
        Column("Values", "bin"),
        Column("When it learned", "before"),
        Column("On the day", "after"),
        Column("Payments of the day", "events", "number"),
    ]
    return Table(columns, rows, caption=f"{row.variable} on {row.day}")


def contributions(found: ModelExplanation) -> dict[str, Any]:
    """What moved the score, the furthest first; `still` counts the variables that did not."""
    moved = sorted((item for item in found.contributions.items() if item[1]), key=lambda item: -abs(item[1]))
    rows = [{"name": name, "meaning": _meaning(name), "moved": f"{by:+.3f}"} for name, by in moved]
    columns = [
        Column("Variable", "name"),
        Column("Meaning", "meaning", hide_on_phone=True),
        Column("Moved the log-odds by", "moved"),
    ]
    still = len(found.contributions) - len(rows)
    return {"table": Table(columns, rows, caption="Contributions", empty="Nothing moved it"), "still": still}


def drift_bars(rows: list[ModelDrift]) -> list[tuple[str, float, str]]:
    return [(f"{row.day:%m-%d}", round(row.psi or 0.0, 3), TONES[row.verdict]) for row in rows[-14:]]


def _day(at: date) -> str:
    return f"{at:%Y-%m-%d}"
