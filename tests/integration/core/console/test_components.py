"""The page of components shows them all: a part that is not shown there is a part nobody looks at."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from core.console import icons
from core.console.gallery import TONES
from tests.factories import staff

TEMPLATES = Path(settings.BASE_DIR) / "templates"
PAGE = (TEMPLATES / "console" / "components.html").read_text()


@pytest.mark.parametrize("part", sorted((TEMPLATES / "components").iterdir()), ids=lambda path: path.name)
def test_every_component_is_shown(part: Path) -> None:
    assert f'"components/{part.name}"' in PAGE


def test_every_component_is_used_by_a_page_too() -> None:
    pages = [path.read_text() for path in TEMPLATES.rglob("*.html") if path.name != "components.html"]
    unused = [
        part.name for part in (TEMPLATES / "components").iterdir() if not any(part.name in text for text in pages)
    ]
    assert unused == []


@pytest.mark.django_db
def test_every_tone_is_shown_and_every_id_stands_once() -> None:
    html = staff.signed_in("AUDITOR").get("/admin/components/").content.decode()
    for tone in TONES:
        assert f'class="badge {tone}"' in html
    found = re.findall(r'\sid="([^"]+)"', html)
    doubled = {name for name in found if found.count(name) > 1}
    assert {name for name in doubled if not name.startswith("id_")} == set()


def test_icons_named_in_templates_exist() -> None:
    used = {
        name for path in TEMPLATES.rglob("*.html") for name in re.findall(r'{% icon "([^"]+)" %}', path.read_text())
    }
    assert used <= icons.PATHS.keys()
