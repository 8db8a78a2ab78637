"""Numbers, times and notes as they are printed in figures and their descriptions."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence

from outcomes.figures.points import Point
from outcomes.figures.style import Style
from outcomes.rounding import decimals
from outcomes.wording import mid_sentence, with_arm_labels

PROBABILITY = "probability"
TENTHS = 10.0
"""From here on a tenth says enough."""
DAGGER = "\N{DAGGER}"
NOT_ESTIMABLE = "not estimable"
SMALLEST_P, LARGEST_P = 0.001, 0.999


def number(value: float, digits: int = 0) -> str:
    """Fixed decimals, commas by thousands, a true minus, no negative zero; infinity as a sign."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{abs(value):,.{digits}f}"
    return f"−{text}" if value < 0 and any(digit in text for digit in "123456789") else text


def short(value: float) -> str:
    """As few digits as say the value, to a tenth from 10 on: for ticks and times."""
    return f"{round(value, 1) if abs(value) >= TENTHS else value:,.10g}".replace("-", "−")


def percent(probability: float) -> str:
    """``"42.0%"``."""
    return f"{number(100 * probability, decimals(PROBABILITY, ()))}%"


def decimals_of(found: Sequence[Point]) -> int:
    """Decimals of rows of one quantity that are printed alike."""
    unit = next((point.unit for point in found if point.unit), None)
    return decimals(unit, (point.std_error for point in found if point.ok))


def in_shown_unit(value: float, unit: str) -> float:
    """Probabilities are printed in percent, everything else as it is."""
    return 100 * value if unit == PROBABILITY else value


def shown_unit(unit: str) -> str:
    """Unit of a difference, as printed."""
    if unit == "ratio":
        return ""
    return "percentage points" if unit == PROBABILITY else plural(unit) if unit == "day" else unit


def interval(point: Point, digits: int) -> str:
    """``"−2.3 (−5.6 to 0.9)"``, in the unit in which it is shown."""
    estimate, low, high = (in_shown_unit(x, point.unit) for x in (point.estimate, point.low, point.high))
    return f"{number(estimate, digits)} ({number(low, digits)} to {number(high, digits)})"


def confidence(found: Sequence[Point]) -> str:
    """``"95% CI"``, from the rows that have an interval."""
    levels = sorted({point.conf_level for point in found if point.ok and not math.isnan(point.conf_level)})
    return f"{short(100 * levels[-1])}% CI" if levels else "CI"


def band_note(found: Sequence[Point]) -> str:
    """What bands are, for the foot of a figure."""
    return f"Bands: {confidence(found)}."


def plural(unit: str) -> str:
    """``"weeks"`` for ``"week"``."""
    return unit if not unit or unit.endswith("s") else f"{unit}s"


def at_time(unit: str, time: float) -> str:
    """``"week 12"``, or ``"baseline"`` at 0."""
    return "baseline" if time == 0 else f"{unit or 'time'} {short(time)}"


def lower_first(text: str) -> str:
    """For words of ours inside a sentence; those of a cohort file go through `outcomes.wording`."""
    return text if len(text) > 1 and not text[1].islower() else text[:1].lower() + text[1:]


def event_free(style: Style) -> str:
    """What a survival curve shows, of the event that `style.outcome` names."""
    # staying free of a recovery is no success, so the words do not praise it
    verb = "Still without" if style.higher_is_better is False else "Remaining free of"
    return f"{verb} {mid_sentence(style.outcome)}"


def p_value(p: float) -> str:
    """``"p = 0.012"``, ``"p < 0.001"`` or ``"p > 0.999"``."""
    if p < SMALLEST_P:
        return f"p < {SMALLEST_P}"
    return f"p > {LARGEST_P}" if p > LARGEST_P else f"p = {p:.3f}"


def direction(style: Style) -> str:
    """``"lower is better"``, or nothing where no side is."""
    if style.higher_is_better is None:
        return ""
    return "higher is better" if style.higher_is_better else "lower is better"


def who(point: Point, style: Style) -> str:
    """The arm or the contrast of a row, as printed."""
    if point.arm is None:
        return "all arms"
    if point.comparator is None:
        return style.arms[point.arm].label
    return style.contrast(point.arm, point.comparator)


def chi_square(point: Point) -> str:
    """``"chi-square 5.1 on 2 df, p = 0.078"`` of a row that carries one, or why there is none."""
    if not point.ok:
        return f"{NOT_ESTIMABLE} ({point.reason})" if point.reason else NOT_ESTIMABLE
    df = "" if math.isnan(point.df) else f" on {short(point.df)} df"
    return f"chi-square {number(point.estimate, 1)}{df}, {p_value(point.p_value)}"


def not_randomised(compared: Iterable[Collection[str | None]], style: Style) -> list[str]:
    """Return the note of a figure that compares the arms of each group; none where all was randomised."""
    components = dict.fromkeys(name for arms in compared for name in style.confounders(arms))
    return [f"Not randomised: {', '.join(components)}"] if components else []


def failures(found: Iterable[Point], style: Style) -> list[str]:
    """One note per arm or contrast, term and reason: who, what, when and why there is no number."""
    groups: dict[tuple[str, str], list[str]] = {}
    for point in found:
        if not point.ok:
            when = [] if math.isnan(point.time) else [at_time(point.time_unit, point.time)]
            what = [] if point.term is None else [style.label(point.term)]
            why = with_arm_labels(point.reason, {arm: look.label for arm, look in style.arms.items()})
            groups.setdefault((", ".join([who(point, style), *what]), why), []).extend(when)
    return [
        f"Not estimable: {name}"
        + (f", {_listed(times)}" if times else "")
        + (f" ({reason})" if reason else "")
        for (name, reason), times in groups.items()
    ]


def _listed(times: Sequence[str], most: int = 6) -> str:
    distinct = list(dict.fromkeys(times))
    more = f" and {len(distinct) - most} more times" if len(distinct) > most else ""
    return ", ".join(distinct[:most]) + more
