"""What a reader of a page should not meet: one check for sample pages and for pages of a real run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
