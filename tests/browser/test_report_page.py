"""Pages in a real browser: quiet console, no overflow, pictures that load, at desk and phone width.

The pages of a real run go through the same check in `tests/workflow`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from page_faults import page_faults
from report_rows import write_pages

VIEWS = ((1280, "light"), (360, "light"), (320, "dark"))


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> list[Path]:
    return write_pages(tmp_path_factory.mktemp("results"))


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_pages_are_fit_to_print(browser, pages, width, scheme):
    assert {path.parts[-3:]: page_faults(browser, path, width, scheme) for path in pages} == {
        path.parts[-3:]: [] for path in pages
    }


def test_a_page_with_faults_is_told_apart(browser, tmp_path):
    """The checks can fail: a wide box, a broken image, faint text and a noisy console are all found."""
    path = tmp_path / "bad.html"
    path.write_text(
        "<body><div style='width:2000px'>wide</div><img src='data:image/png;base64,AAAA' alt=''>"
        "<p style='color:#ccc;background:#fff'>faint</p><script>console.error('noise')</script>",
        encoding="utf-8",
    )
    faults = page_faults(browser, path, 360)
    for what in ("overflow", "images", "faint text", "console"):
        assert any(what in fault for fault in faults), what
