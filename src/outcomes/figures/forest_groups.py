"""Forest under headings: by subgroup, period, cause or time, the overall contrast above its parts."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import pandas as pd

from outcomes.figures.forest_axis import contrast_names
from outcomes.figures.forest_lines import Groups, Line
from outcomes.figures.panels import Contrast, contrast_title, contrasts_of, of_contrast
from outcomes.figures.points import Point, points
from outcomes.figures.style import INK, Style
from outcomes.figures.words import (
    NOT_ESTIMABLE,
    at_time,
    lower_first,
    p_value,
    shown_unit,
    who,
)
from outcomes.tables import QUANTITIES

PARTS = {"subgroup_hazard_ratio": "subgroup", "period_hazard_ratio": "period"}
CAUSES = ("cause_specific_hazard_ratio", "subdistribution_hazard_ratio")
FITS = ("hazard_ratio", "penalised_hazard_ratio")
AT_TIMES = ("survival_difference", "risk_difference")
OVERALL = "Overall"
INDENT = 8.0


def groups_of(rows: pd.DataFrame, style: Style) -> Groups | None:
    """Lines under their headings, if these rows need headings; else None."""

    def contrasts(quantity: str) -> list[Point]:
        return [p for p in points(rows, quantity, style) if p.arm is not None and p.comparator is not None]

    parts = {name: contrasts(name) for name in PARTS}
    if any(parts.values()):
        overall = [p for p in contrasts("hazard_ratio") if p.term is None]
        return _by_part(parts, overall, points(rows, "interaction_chi_square", style), style)
    causes = {name: contrasts(name) for name in CAUSES}
    if any(causes.values()):
        return _by_cause(causes, style)
    fits = {name: [p for p in contrasts(name) if p.term is None] for name in FITS}
    if all(fits.values()):
        lines = [
            line for name in FITS for line in _block(QUANTITIES[name].label, fits[name], style)
        ]  # fmt: skip
        return Groups("hazard_ratio", f"{style.outcome}: hazard ratio", tuple(lines), sided=True)
    for name in AT_TIMES:
        timed = contrasts(name)
        if len({(point.term, point.time) for point in timed}) > 1:
            return _by_time(name, timed, style)
    return None


def _by_part(
    parts: dict[str, list[Point]], overall: Sequence[Point], tests: Sequence[Point], style: Style
) -> Groups:
    """Contrast by contrast: the overall ratio, then those of subgroups and periods."""
    lines: list[Line] = []
    every = [point for found in parts.values() for point in found]
    order = [*overall, *every]
    declared = {name: place for place, name in enumerate(style.labels)}
    for contrast in sorted(set(contrasts_of(order)), key=_rank_of(style)):
        lines.append(Line(contrast_title(contrast, style), None, style.contrast(*contrast)))
        lines += [
            Line(((OVERALL, INK),), point, OVERALL.lower(), indent=INDENT)
            for point in of_contrast(overall, contrast)
        ]  # fmt: skip
        for name, found in parts.items():
            mine = sorted(
                of_contrast(found, contrast),
                key=lambda p: (declared.get(p.term or "", len(declared)), natural(p.term or "")),
            )
            for covariate in dict.fromkeys(_covariate(p) for p in sorted(mine, key=_covariate)):
                title = style.label(covariate) if covariate else PARTS[name].capitalize()
                aside = _interaction(tests, covariate or PARTS[name], contrast)
                lines.append(Line(((title, INK),), None, title, aside, INDENT))
                lines += [
                    Line(((_level(p, style), INK),), p, _level(p, style), indent=2 * INDENT)
                    for p in mine if _covariate(p) == covariate
                ]  # fmt: skip
    kinds = " and ".join(word for name, word in PARTS.items() if parts[name])
    joint = any(point.arm is None for point in tests) and len(contrasts_of(order)) > 1
    notes = ("Tests of interaction are joint over all contrasts.",) if joint else ()
    title = f"{style.outcome}: hazard ratio by {kinds}"
    return Groups("hazard_ratio", title, tuple(lines), sided=True, notes=notes)


def _by_cause(causes: dict[str, list[Point]], style: Style) -> Groups:
    """Cause by cause, the event itself first: the cause-specific ratios, then the subdistribution ones."""
    terms = {point.term or "" for found in causes.values() for point in found}
    lines: list[Line] = []
    for term in sorted(terms, key=_event_first(style)):
        for name, found in causes.items():
            mine = [point for point in found if (point.term or "") == term]
            event = style.label(term) if term else style.outcome
            lines += _block(f"{event}: {lower_first(QUANTITIES[name].label)}", mine, style)
    # no side is named: less of one cause may be more of another
    title = f"{style.outcome} and competing events: hazard ratios"
    return Groups(CAUSES[0], title, tuple(lines), sided=False)


def _by_time(quantity: str, found: Sequence[Point], style: Style) -> Groups:
    """Cause by cause, where there are several, and time by time."""
    unit = shown_unit(next((point.unit for point in found if point.unit), ""))
    first = _event_first(style)
    groups: dict[tuple[str, str], list[Point]] = {}
    for point in sorted(
        found, key=lambda p: (first(p.term or ""), math.inf if math.isnan(p.time) else p.time)
    ):
        when = "" if math.isnan(point.time) else f"at {at_time(point.time_unit, point.time)}"
        groups.setdefault((point.term or "", when), []).append(point)
    lines: list[Line] = []
    for (term, when), mine in groups.items():
        heading = ", ".join(word for word in (style.label(term) if term else "", when) if word)
        lines += _block(heading[:1].upper() + heading[1:], mine, style)
    about = (
        f"{style.outcome} and competing events" if len({term for term, _ in groups}) > 1 else style.outcome
    )
    title = f"{about}: {lower_first(QUANTITIES[quantity].label)}{f' ({unit})' if unit else ''}"
    # a risk is that of an event here, and of a good or a bad end elsewhere: no side is named
    return Groups(quantity, title, tuple(lines), sided=quantity == "survival_difference")


def _event_first(style: Style) -> Callable[[str], tuple[bool, str]]:
    """Order of causes: the event of the analysis, then the others by name."""
    outcome = style.outcome.casefold()
    return lambda term: (bool(term) and style.label(term).casefold() != outcome, term)


def _block(heading: str, found: Sequence[Point], style: Style) -> list[Line]:
    """Heading and the contrasts under it."""
    lines = [Line(_coloured(point, style), point, who(point, style), indent=INDENT) for point in found]
    return [Line(((heading, INK),), None, heading), *lines] if lines else []


def _coloured(point: Point, style: Style) -> tuple[tuple[str, str], ...]:
    blocks = zip((point.arm, point.comparator), contrast_names(point, style), strict=True)
    return tuple((line, style.arms[arm or ""].colour) for arm, lines in blocks for line in lines)


def _rank_of(style: Style) -> Callable[[Contrast], tuple[int, int]]:
    names = list(style.arms)
    return lambda contrast: (names.index(contrast[0]), names.index(contrast[1]))


def natural(text: str) -> tuple[list[float], str]:
    """Sort "days 0 to 90" before "days 90 to 180" before "after day 180": by the numbers in it."""
    return [float(n) for n in re.findall(r"\d+(?:\.\d+)?", text)], text


def _covariate(point: Point) -> str:
    name, equals, _ = (point.term or "").partition("=")
    return name if equals else ""


def _level(point: Point, style: Style) -> str:
    """Label of a level without the name of its covariate, which stands in the heading."""
    term = point.term or ""
    name, _, level = term.partition("=")
    label = style.labels.get(term, level.replace("_", " ") or style.label(term))
    return label.removeprefix(f"{style.label(name)}: ")


def _interaction(tests: Sequence[Point], covariate: str, contrast: Contrast) -> str:
    """Return ``"interaction p = 0.312"`` for a heading; nothing where no test was made."""
    of_it = [point for point in tests if point.term == covariate]
    for point in [*of_contrast(of_it, contrast), *(p for p in of_it if p.arm is None)]:
        return f"interaction {p_value(point.p_value) if point.ok else NOT_ESTIMABLE}"
    return ""
