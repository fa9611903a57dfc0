"""Write the role table as Markdown: `manage.py roles_table > docs/roles.md`. A test keeps the file in step."""

from typing import Any

from django.core.management.base import BaseCommand

from core.staff import roles


def document() -> str:
    """One row a role; permissions in the words of the code."""
    lines = [
        "# Roles",
        "",
        "Generated from `core/staff/roles.py` by `manage.py roles_table`: what is shipped. What a role allows in one",
        "installation, and how it came to differ, is at `/admin/staff/roles/`. What no role lists, nobody may do;",
        "there are no superusers. Every role may open the console (`console.view`). A role that stands alone excludes",
        "every other.",
        "",
        "| Role | For | May |",
        "|---|---|---|",
    ]
    for role in roles.ROLES.values():
        granted = ", ".join(f"`{name}`" for name in sorted(role.permissions - {roles.ANY_STAFF}))
        alone = " Stands alone." if role.code in roles.ALONE else ""
        lines.append(f"| `{role.code}`<br>{role.title} | {role.purpose}{alone} | {granted} |")
    lines += ["", "Nobody ever holds both of a pair, whatever their roles:", ""]
    lines += [f"- `{making}` and `{checking}`" for making, checking in roles.MAKER_AND_CHECKER]
    lines += [
        "",
        "Nobody has one of these verbs over money together with a verb over people (`staff.*`, views aside):",
        "",
    ]
    lines += [f"- `{name}`" for name in sorted(roles.MONEY)]
    return "\n".join(lines) + "\n"


class Command(BaseCommand):
    help = "Print docs/roles.md."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(document(), ending="")
