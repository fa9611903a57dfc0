"""`manage.py reconcile`: import settlement files and say what does not agree."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count

from core import clock
from payments.enums import MatchOutcome, SettlementFileStatus
from payments.models import SettlementMatch
from payments.services import reconciliation


class Command(BaseCommand):
    help = "Import the files given, or all of finished days; exit 1 where a file cannot be read."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path)

    def handle(self, *_: Any, **options: Any) -> None:
        now = clock.now()
        unreadable = []
        for path in options["files"] or []:
            try:
                content = path.read_text()
            except (OSError, UnicodeDecodeError) as error:
                unreadable.append(f"{path.name}: {getattr(error, 'strerror', None) or 'not UTF-8'}")
                continue
            file = reconciliation.import_file(name=path.name, content=content, gateway="sandbox", now=now)
            self.stdout.write(f"{path.name}: {file.status}, {file.lines} lines, net {file.net_minor}")
            if file.status == SettlementFileStatus.UNREADABLE:
                unreadable.append(f"{path.name}: {file.problem}")
        if options["files"]:
            reconciliation.report_missing(now=now)
        else:
            reconciliation.run(now=now)
        counted = SettlementMatch.objects.values_list("outcome").annotate(number=Count("id"))
        numbers = dict(counted)
        open_rows = SettlementMatch.objects.filter(resolved_at__isnull=True).count()
        self.stdout.write(", ".join(f"{each.value} {numbers.get(each.value, 0)}" for each in MatchOutcome))
        self.stdout.write(f"{open_rows} to be looked at")
        if unreadable:
            raise CommandError("; ".join(unreadable))
