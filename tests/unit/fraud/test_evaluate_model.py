"""`manage.py evaluate_model` on small streams: what it prints, and what it refuses."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from tests.factories import recorded_stream


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Forty days from 1 January 2026, the first half and the second in files of their own, ids as texts in one."""
    directory = tmp_path_factory.mktemp("stream")
    values = recorded_stream.columns()
    half = len(values["ts"]) // 2
    recorded_stream.write(directory / "one.parquet", {name: column[:half] for name, column in values.items()})
    second = {name: column[half:] for name, column in values.items()}
    second["customer_id"] = [str(name) for name in second["customer_id"]]
    recorded_stream.write(directory / "two.parquet", second)
    return directory


def evaluated(place, *arguments):
    out = io.StringIO()
    call_command("evaluate_model", str(place), "--train-start", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_one_week_is_one_flat_object(place):
    report = evaluated(place, "2026-01-08")
    assert {"auc", "ap", "cp100", "recall_at_1_fpr"} <= set(report)
    assert (report["train_start"], report["test_end"]) == ("2026-01-08", "2026-01-28")
    assert report["stream"]["files"] == ["one.parquet", "two.parquet"]
    assert report["stream"]["from"].startswith("2026-01-01")
    assert report["stream"]["to"].startswith("2026-02-09")
    assert report["stream"]["frauds"] > report["train_frauds"] > 0
    assert 0 < report["ap"] < 1


def test_several_weeks_come_with_their_mean(place):
    report = evaluated(place, "2026-01-08", "2026-01-12")
    first, second = report["weeks"]
    assert report["mean"]["ap"] == pytest.approx((first["ap"] + second["ap"]) / 2)


def test_days_are_as_asked_for(place):
    report = evaluated(place, "2026-01-05", "--train-days", "14", "--delay-days", "3", "--test-days", "2")
    assert report["test_end"] == "2026-01-23"


def test_for_a_person_it_is_a_table(place, capsys):
    call_command("evaluate_model", str(place), "--train-start", "2026-01-08")
    printed = capsys.readouterr()
    assert "2026-01-28" in printed.out
    assert "Replaying" in printed.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--train-start", "2026-02-01"], "the protocol needs 2026-02-01 to 2026-02-21"),
        (["--train-start", "2026-01-01", "--train-days", "1"], "0 of"),
        (["--train-start", "2026-13-01"], "invalid fromisoformat value"),
        (["--train-start", "2026-01-01", "--test-days", "0"], "not a whole number from 1"),
        ([], "required: --train-start"),
    ],
)
def test_what_cannot_be_done_is_said(place, arguments, says):
    with pytest.raises(CommandError, match=says):
        call_command("evaluate_model", str(place), *arguments, "--json")


def test_a_directory_without_a_stream_is_an_error(tmp_path):
    with pytest.raises(CommandError, match="no Parquet file"):
        call_command("evaluate_model", str(tmp_path), "--train-start", "2026-01-01")
