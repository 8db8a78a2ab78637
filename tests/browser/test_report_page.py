"""Pages in a real browser: quiet console, no overflow, pictures that load, at desk and phone width.

`page_faults` takes any HTML file: results of a real run can be put through it as well.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from report_rows import write_pages

VIEWS = ((1280, "light"), (360, "light"), (320, "dark"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
BROKEN_IMAGES = (
    "[...document.images].filter(i => !i.complete || i.naturalWidth === 0 || !i.alt.trim()).length"
)
UNREACHABLE_SCROLL = (
    "[...document.querySelectorAll('*')].filter(e => e.scrollWidth > e.clientWidth + 1"
    " && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)"
    " && !(e.tabIndex === 0 && e.getAttribute('role') === 'region' && e.ariaLabel)).length"
)
FAINT_TEXT = """
() => {
  const luminance = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = numbers(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const own = e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  return [...document.body.querySelectorAll('*')].filter(own).filter(e => {
    const a = luminance(numbers(getComputedStyle(e).color)), b = luminance(ground(e));
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
  }).map(e => e.tagName + ' ' + e.className).slice(0, 5);
}
"""
"""Elements whose text has less than the 4.5:1 of WCAG 2.2, criterion 1.4.3."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> list[Path]:
    return write_pages(tmp_path_factory.mktemp("results"))


def page_faults(browser: Any, path: Path, width: int, scheme: str = "light") -> list[str]:
    """Open one HTML file and tell everything that a reader should not meet."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    faults: list[str] = []
    page.on("console", lambda message: faults.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("request", lambda request: _own(request.url, path) or faults.append("loads something else"))
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    measures = {"pixels of overflow": OVERFLOW, "images without content or alt text": BROKEN_IMAGES,
                "scrolling boxes out of the keyboard's reach": UNREACHABLE_SCROLL}  # fmt: skip
    faults += [f"{n} {what}" for what, code in measures.items() if (n := page.evaluate(code))]
    faults += [f"faint text: {element}" for element in page.evaluate(FAINT_TEXT)]
    page.close()
    return faults


def _own(url: str, path: Path) -> bool:
    return url.startswith("data:") or url == path.as_uri()


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
