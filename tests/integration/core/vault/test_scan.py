"""A card number in clear is found wherever it was left, and shown to nobody by the search."""

import bz2
import gzip
import io
import json
import lzma
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from core import clock
from core.outbox.models import Event
from core.vault import weekly
from core.vault.models import CardScan
from core.vault.scan import files, finder, tables
from payments.models import Payment
from tests.factories.payments import pay

PAN = "4242424242424242"
MASKED = "424242******4242"
NOW = clock.now()


class TestAsPeopleWriteThem:
    @pytest.mark.parametrize(
        "text",
        [
            PAN,
            f"card={PAN};cvc=123",
            "4242 4242 4242 4242",
            "4242-4242-4242-4242",
            "4242  4242  4242  4242",
            "4242\t4242\t4242\t4242",
            "4242_4242_4242_4242",
            "4242/4242/4242/4242",
            "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2",
            f'{{"note": "{PAN}"}}',
            f"\\x{PAN.encode().hex()}",
            "\x00".join(PAN),
            "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢",
            f"v1.2.{PAN}",
            f"ref.{PAN}",
            f"{PAN}.",
        ],
    )
    def test_found(self, text: str) -> None:
        assert [card.masked for card in finder.find(f"before {text} after")] == [MASKED]

    @pytest.mark.parametrize(
        "text",
        [
            "4242424242424241",
            "pay_1703123456789_k2n8m9p1q",
            "2026-11-20 03:15:42.123456+00",
            "00000000-0000-7000-8000-000000000000",
            MASKED,
            "424242",
            "",
            '{"customer_age_days": 6.4242424242424242, "seller_age_days": 12.58263372550926}',
        ],
    )
    def test_left_alone(self, text: str) -> None:
        assert finder.find(text) == []

    def test_a_documented_test_number_counts(self) -> None:
        """What lets a test number through would let a real one through."""
        assert finder.find("4111 1111 1111 1111")


@pytest.mark.django_db
class TestInTheDatabase:
    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("text", f"'{PAN}'"),
            ("varchar(40)", "'4242 4242 4242 4242'"),
            ("char(40)", f"'{PAN}'"),
            ("json", f"""'{{"deep": [{{"er": "{PAN}"}}]}}'"""),
            ("jsonb", f"""'{{"{PAN}": 1}}'"""),
            ("bytea", f"'{PAN}'::bytea"),
            ("bigint", PAN),
            ("numeric", PAN),
            ("text[]", f"ARRAY['x', '{PAN}']"),
        ],
    )
    def test_every_kind_of_column(self, kind: str, value: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE planted (id int, part text, kept {kind}, PRIMARY KEY (part, id))")
            cursor.execute("INSERT INTO planted VALUES (1, 'a', NULL)")
            cursor.execute(f"INSERT INTO planted VALUES (7, 'b', {value})")
        (table,) = [table for table in tables.list_tables() if table.name == "planted"]
        (hit,) = [hit for batch in tables.read(table) for hit in batch.found]
        assert (hit.table, hit.column, hit.key, hit.card.masked) == ("planted", "kept", "b, 7", MASKED)

    def test_a_number_that_is_the_key_is_not_said(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE planted (number text PRIMARY KEY)")
            cursor.execute("INSERT INTO planted VALUES (%s)", [PAN])
        (table,) = [table for table in tables.list_tables() if table.name == "planted"]
        (hit,) = [hit for batch in tables.read(table) for hit in batch.found]
        assert PAN not in str(hit)

    def test_pages_meet_without_a_gap(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tables, "ROWS_PER_BATCH", 3)
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE planted (id int PRIMARY KEY, kept text)")
            cursor.execute("INSERT INTO planted SELECT n, %s FROM generate_series(1, 10) n", [PAN])
        (table,) = [table for table in tables.list_tables() if table.name == "planted"]
        assert [hit.key for batch in tables.read(table) for hit in batch.found] == [str(n) for n in range(1, 11)]

    def test_what_may_not_be_read_is_said(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE holdfast_app")
            skipped = {table.name for table in tables.list_tables() if table.skipped}
            cursor.execute("RESET ROLE")
        assert skipped == {"vault_cardindex", "vault_cardnumberindex"}

    def test_every_table_of_ours_has_a_key_to_page_by(self) -> None:
        assert [table.name for table in tables.list_tables() if not table.key] == []

    def test_payments_leave_none_behind(self) -> None:
        pay()
        assert Payment.objects.exists()
        assert [hit for table in tables.list_tables() for batch in tables.read(table) for hit in batch.found] == []


def tar(path: Path, content: bytes) -> None:
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("inner.log")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))


def zipped(path: Path, content: bytes) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inner.log", content)


WRITERS: dict[str, Callable[[Path, bytes], object]] = {
    "app.log": lambda path, content: path.write_bytes(content),
    "app.log.gz": lambda path, content: path.write_bytes(gzip.compress(content)),
    "app.log.bz2": lambda path, content: path.write_bytes(bz2.compress(content)),
    "app.log.xz": lambda path, content: path.write_bytes(lzma.compress(content)),
    "logs.tar.gz": tar,
    "logs.zip": zipped,
}


class TestInFiles:
    @pytest.mark.parametrize("name", WRITERS)
    def test_packed_or_not(self, tmp_path: Path, name: str) -> None:
        WRITERS[name](tmp_path / name, f"one\ntwo {PAN}\n".encode())
        (hit,) = files.scan(tmp_path)
        assert hit.path.startswith(str(tmp_path / name))
        assert (hit.line, hit.card.masked) == (2, MASKED)

    def test_bytes_of_a_dump(self, tmp_path: Path) -> None:
        """`pg_dump` writes a bytea column in hexadecimal."""
        (tmp_path / "dump.sql").write_text(f"1\t\\\\x{PAN.encode().hex()}\n")
        assert [hit.line for hit in files.scan(tmp_path / "dump.sql")] == [1]

    @pytest.mark.parametrize("before", [files.BLOCK_BYTES - 8, files.BLOCK_BYTES * 2 - 8, files.BLOCK_BYTES * 3])
    def test_nothing_falls_between_two_blocks_and_nothing_is_told_twice(self, tmp_path: Path, before: int) -> None:
        (tmp_path / "one-line.json").write_text("x" * before + f" {PAN} " + "y" * files.BLOCK_BYTES)
        assert [hit.line for hit in files.scan(tmp_path)] == [1]

    def test_memory_does_not_grow_with_the_file(self, tmp_path: Path) -> None:
        """Sixty thousand long lines, one number in the last of them."""
        path = tmp_path / "long.log"
        line = "2026-11-20T03:15:42Z INFO " + "payment taken " * 27 + "\n"
        with path.open("w") as file:
            for _ in range(60):
                file.write(line * 1_000)
            file.write(PAN)
        tracemalloc.start()
        try:
            hits = list(files.scan(path))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert [hit.line for hit in hits] == [60_001]
        assert path.stat().st_size > 23_000_000
        assert peak < 12_000_000

    def test_a_damaged_archive_is_not_clean(self, tmp_path: Path) -> None:
        (tmp_path / "broken.gz").write_bytes(gzip.compress(b"x" * 100_000)[:50])
        with pytest.raises(files.Unreadable, match=r"broken\.gz"):
            list(files.scan(tmp_path))


class TestTheCommand:
    def run(self, *arguments: str) -> tuple[int, str]:
        out = io.StringIO()
        try:
            call_command("scan_pan", *arguments, stdout=out)
        except SystemExit as end:
            return int(end.code or 0), out.getvalue()
        return 0, out.getvalue()

    def test_clean(self, tmp_path: Path) -> None:
        (tmp_path / "a.log").write_text("nothing\n")
        assert self.run("--no-database", str(tmp_path)) == (0, "0 found, 0 not read\n")

    def test_found_is_one_and_masked(self, tmp_path: Path) -> None:
        (tmp_path / "a.log").write_text(f"{PAN}\n")
        code, said = self.run("--no-database", str(tmp_path))
        assert (code, PAN in said) == (1, False)
        assert f"{tmp_path}/a.log:1: {MASKED} (visa)" in said

    def test_not_read_is_two(self, tmp_path: Path) -> None:
        assert self.run("--no-database", str(tmp_path / "gone"))[0] == 2

    def test_json(self, tmp_path: Path) -> None:
        (tmp_path / "a.log").write_text(f"{PAN}\n")
        lines = [json.loads(line) for line in self.run("--no-database", "--json", str(tmp_path))[1].splitlines()]
        assert lines[0]["card"] == {"masked": MASKED, "brand": "visa"}
        assert lines[1] == {"found": 1, "notRead": 0}

    @pytest.mark.django_db
    def test_the_database(self) -> None:
        assert self.run()[0] == 0
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE planted (id int PRIMARY KEY, kept text)")
            cursor.execute("INSERT INTO planted VALUES (7, %s)", [PAN])
        code, said = self.run()
        assert code == 1
        assert f"planted.kept of 7: {MASKED}" in said

    def test_nothing_to_look_at(self) -> None:
        with pytest.raises(CommandError):
            call_command("scan_pan", "--no-database")


@pytest.mark.django_db
class TestOnceAWeek:
    def finish(self, now: object = NOW) -> CardScan:
        scan = weekly.carry_on(now=NOW)
        while scan is not None and scan.finished_at is None:
            scan = weekly.carry_on(now=NOW)
        assert scan is not None
        return scan

    def test_clean_says_nothing_and_comes_again_after_seven_days(self) -> None:
        scan = self.finish()
        assert (scan.found, scan.not_read) == (0, [])
        assert not Event.objects.filter(name="vault.card_numbers_found").exists()
        assert weekly.carry_on(now=NOW + timedelta(days=6)) is None
        again = weekly.carry_on(now=NOW + timedelta(days=7))
        assert again is not None
        assert again.scan_id != scan.scan_id

    def test_goes_on_where_it_was_and_tells(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tables, "ROWS_PER_BATCH", 2)
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE planted (id int PRIMARY KEY, kept text)")
            cursor.execute("INSERT INTO planted SELECT n, %s FROM generate_series(1, 7) n", [PAN])
        stretches = 0
        while (scan := weekly.carry_on(now=NOW, batches=1)) is not None and scan.finished_at is None:
            stretches += 1
        assert scan is not None
        assert stretches >= 4
        assert scan.found == 7
        assert [hit["key"] for hit in scan.findings] == [str(n) for n in range(1, 8)]
        assert PAN not in json.dumps(scan.findings)
        (event,) = Event.objects.filter(name="vault.card_numbers_found")
        assert event.payload["found"] == 7
