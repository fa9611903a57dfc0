"""Reading and writing a file of 100,000 entries with an addenda record each, beside another package for Python.

The floor is carta-ach. Its relatives ach and pynacha read and write as quickly, comanage-nacha takes twice as long to
read, ach-file and py-nacha do not run on this Python. It is installed into `var/bench/rival`, which needs a package
registry; without one our own figures stand alone. It slices and formats; ours judges every field, count, hash and total
as well. With fewer entries reading gains less on it: its memory is what slows it down.
Each measurement is a process of its own: CPU seconds, the best of rounds in turn, and the most memory.
"""

import contextlib
import io
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.report import Report

ROOT = Path(__file__).resolve().parents[2]
RIVAL = "carta-ach==0.4.5"
ENTRIES = int(os.environ.get("SIZE", 100_000))
# Writing takes the floor twenty seconds, and the two are far apart.
ROUNDS = {"read": 3, "write": 1}
SHORT = 2.0
LEAST_RATIO = 3
ROUTING, ODFI = "231380104", "12104288"


def run(report: Report) -> None:
    state = ROOT / "var" / "bench"
    state.mkdir(parents=True, exist_ok=True)
    file = state / "large.ach"
    file.write_bytes(_written())
    rival = _installed(state / "rival")
    for task in ("read", "write"):
        rounds = [_round(task, file, rival) for _ in range(ROUNDS[task])]
        ours, theirs = _best([each[0] for each in rounds]), _best([each[1] for each in rounds if each[1]])
        if theirs is None:
            report.add(f"carta-ach, {task}: could not be installed", 0, "s")
        else:
            report.add(f"carta-ach, {task} {ENTRIES:,} entries with addenda", theirs["seconds"], "s CPU")
            report.add(f"carta-ach, {task}: memory", theirs["megabytes"], "MB")
        assert ours is not None
        _tell(report, task, ours, theirs)


Figures = dict[str, float]


def _round(task: str, file: Path, rival: Path | None) -> tuple[Figures, Figures | None]:
    """One after the other, so that both meet the same neighbours on the machine."""
    return _measured(f"our_{task}", file, None), _measured(f"their_{task}", file, rival) if rival else None


def _best(found: list[Any]) -> Figures | None:
    return {name: min(each[name] for each in found) for name in found[0]} if found else None


def _tell(report: Report, task: str, ours: Figures, theirs: Figures | None) -> None:
    seconds, megabytes = ours["seconds"], ours["megabytes"]
    report.add(
        f"{task} {ENTRIES:,} entries with addenda", seconds, "s CPU",
        floor=theirs and theirs["seconds"], target=f"at most 1/{LEAST_RATIO} of it",
        met=None if theirs is None else seconds * LEAST_RATIO <= theirs["seconds"],
    )  # fmt: skip
    report.add(f"{task}: entries in a second", ENTRIES / seconds, "/s")
    report.add(
        f"{task}: memory", megabytes, "MB", floor=theirs and theirs["megabytes"], target="no more",
        met=None if theirs is None else megabytes <= theirs["megabytes"],
    )  # fmt: skip


def _installed(place: Path) -> Path | None:
    """Where the rival lies, beside the program's own packages and not among them."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(place), RIVAL]
    done = subprocess.run(command, capture_output=True, check=False)
    return place if done.returncode == 0 else None


def _measured(task: str, file: Path, rival: Path | None) -> Figures:
    paths = os.pathsep.join(str(path) for path in (rival, ROOT) if path)
    done = subprocess.run(
        [sys.executable, str(Path(__file__)), task, str(file)],
        env=os.environ | {"PYTHONPATH": paths}, cwd=file.parent, capture_output=True, check=True, text=True,
    )  # fmt: skip
    found: Figures = json.loads(done.stdout)
    return found


def _entries() -> Iterator[Any]:
    from ach.nacha.addenda import Addenda05
    from ach.nacha.records import Entry

    for number in range(ENTRIES):
        yield Entry(
            "22", ROUTING, f"12345678{number}", 100_000 + number, f"RECEIVER {number}", f"ID{number}",
            addenda=(Addenda05(f"PAYMENT {number}"),),
        )  # fmt: skip


def _written() -> bytes:
    sink = io.BytesIO()
    _our_write(sink)
    return sink.getvalue()


def _our_write(sink: Any) -> None:
    from ach.nacha.records import BatchHeader, FileHeader
    from ach.nacha.write import OutgoingBatch, OutgoingFile, write

    header = FileHeader(f" {ROUTING}", "1121042880", "260601", "0900", "A", "SANDBOX BANK", "HOLDFAST")
    batch = BatchHeader("220", "HOLDFAST", "", "1121042880", "PPD", "PAYOUT", "", "260602", "", "1", ODFI)
    write(OutgoingFile(header, [OutgoingBatch(batch, _entries())]), sink)


def _our_read(file: Path) -> None:
    from ach.nacha.problems import Mode
    from ach.nacha.read import Reader

    with file.open("rb") as stream:
        reader = Reader(stream, Mode.STRICT)
        for _ in reader:
            pass
    assert (reader.sums.entries, reader.log.errors) == (ENTRIES, [])


def _their_read(file: Path) -> None:
    from ach.parser import Parser

    assert len(Parser(file.read_text()).as_dict()["batches"][0]["entries"]) == ENTRIES


def _their_write(file: Path) -> None:
    from ach.builder import AchFile

    settings = {
        "immediate_dest": ROUTING, "immediate_org": "1121042880", "immediate_dest_name": "SANDBOX BANK",
        "immediate_org_name": "HOLDFAST", "company_id": "1121042880",
    }  # fmt: skip
    rows = [
        {
            "type": "22", "routing_number": ROUTING, "account_number": f"12345678{number}",
            "amount": f"{1000 + number // 100}.{number % 100:02d}", "name": f"RECEIVER {number}",
            "id_number": f"ID{number}", "addenda": [{"payment_related_info": f"PAYMENT {number}"}],
        }
        for number in range(ENTRIES)
    ]  # fmt: skip
    whole = AchFile("A", settings)
    whole.add_batch("PPD", rows, credits=True, debits=False)
    written = whole.render_to_string()
    assert written.count("\n705") == ENTRIES
    file.with_suffix(".rival").write_text(written)


def _write_to_disk(file: Path) -> None:
    with file.with_suffix(".ours").open("wb") as sink:
        _our_write(sink)


TASKS: dict[str, Callable[[Path], None]] = {
    "our_read": _our_read, "their_read": _their_read, "our_write": _write_to_disk, "their_write": _their_write,
}  # fmt: skip


def _main(task: str, file: Path) -> None:
    best, began = float("inf"), time.monotonic()
    # The first time imports; the second is worth its while for what is quick.
    while best == float("inf") or time.monotonic() - began < SHORT:
        started = time.process_time()
        TASKS[task](file)
        best = min(best, time.process_time() - started)
    print(json.dumps({"seconds": best, "megabytes": _most_megabytes()}))


def _most_megabytes() -> float:
    """Of this program alone: what `getrusage` tells begins with the memory of the process that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        _main(sys.argv[1], Path(sys.argv[2]))
