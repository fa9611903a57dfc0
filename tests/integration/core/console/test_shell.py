"""Every page of the console: rendered in the shell, allowed by the browser's strictest policy."""

import re

import pytest

from core.console import pages
from tests.factories import staff

pytestmark = pytest.mark.django_db

PLAIN_PAGES = [page.path for page in pages.registered() if "GET" in page.methods and "<" not in page.path]


@pytest.mark.parametrize("path", PLAIN_PAGES)
def test_page_has_no_inline_style_or_script(path: str) -> None:
    html = staff.signed_in("AUDITOR").get(f"/admin/{path}").content.decode()

    assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:|\shx-on", html)
