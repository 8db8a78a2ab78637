"""Numbers to text: decimals by quantity, unit and standard errors, true minus signs, intervals in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from outcomes.rounding import decimals
from outcomes.tables import QUANTITIES

MINUS = "\N{MINUS SIGN}"
ABSENT = "\N{EN DASH}"
NOT_REACHED = "not reached"
SMALLEST_P = 0.001
LARGEST_P = 0.999


@dataclass(frozen=True)
class NumberFormat:
    """How a quantity is printed.

    Attributes
    ----------
    decimals : int
        Digits after the point, always all of them.
    factor : float
        100 for probabilities, which are printed as percentages.
    suffix : str
        Directly behind each number.
    unit : str
        In words, for sentences and column heads; empty where the suffix says it.
    """

    decimals: int
    factor: float = 1.0
    suffix: str = ""
    unit: str = ""

    def number(self, value: float | None) -> str:
        """Return one number as printed, with its suffix but without its unit."""
        text = number_text(None if value is None else value * self.factor, self.decimals)
        return text if text in (ABSENT, NOT_REACHED) else f"{text}{self.suffix}"

    def quantity(self, value: float | None) -> str:
        """Return one number with its unit."""
        text = self.number(value)
        if text in (ABSENT, NOT_REACHED) or not self.unit:
            return text
        return f"{text} {self.unit.removesuffix('s') if text.lstrip(MINUS) == '1' else self.unit}"

    def interval(self, low: float | None, high: float | None) -> str:
        """``"−4.0 to −0.2"``; a dash where there is none."""
        if low is None or high is None:
            return ABSENT
        return f"{self.number(low)} to {self.number(high)}"


PERCENT = NumberFormat(decimals("probability", ()), factor=100.0, suffix="%")
PERCENTAGE_POINTS = NumberFormat(decimals("probability", ()), factor=100.0, unit="percentage points")
WHOLE = NumberFormat(0)
TWO_DECIMALS = NumberFormat(2)
THREE_DECIMALS = NumberFormat(3)

RATIO = NumberFormat(decimals("ratio", ()))

BY_QUANTITY = {
    "count": WHOLE,
    "event_count": WHOLE,
    "number_at_risk": WHOLE,
    "person_years": NumberFormat(1, unit="years"),
    "standardised_mean_difference": TWO_DECIMALS,
    "coefficient": THREE_DECIMALS,
    "log_hazard_coefficient": THREE_DECIMALS,
    "f_statistic": TWO_DECIMALS,
    "model_standard_deviation": THREE_DECIMALS,
    "model_correlation": TWO_DECIMALS,
    "variance_component": THREE_DECIMALS,
    "log_likelihood": THREE_DECIMALS,
    "log_rank_chi_square": TWO_DECIMALS,
    "max_combo": TWO_DECIMALS,
    "gray_chi_square": TWO_DECIMALS,
    "interaction_chi_square": TWO_DECIMALS,
    "proportionality_chi_square": TWO_DECIMALS,
    "incidence_rate": NumberFormat(2, unit="per person-year"),
}
NEARLY_WHOLE = 1e-6
"""What rounding leaves of degrees of freedom that are whole."""
UNIT_WORDS = {"day": "days", "ratio": ""}
DIFFERENCES = frozenset(
    {"mean_difference", "mean_difference_over_visits", "risk_difference", "survival_difference"}
)


def format_of(quantity: str, unit: str | None, std_errors: Iterable[float] = ()) -> NumberFormat:
    """Return how a quantity in a unit is printed; `std_errors` are those of all rows printed alike."""
    if quantity in BY_QUANTITY:
        return BY_QUANTITY[quantity]
    if QUANTITIES[quantity].scale == "log":
        return RATIO
    if unit is not None and unit.startswith(("probability", "proportion", "share")):
        return PERCENTAGE_POINTS if quantity in DIFFERENCES else PERCENT
    return NumberFormat(decimals(unit, std_errors), unit=UNIT_WORDS.get(unit or "", unit or ""))


def number_text(value: float | None, digits: int) -> str:
    """Fixed decimals, commas by thousands, a true minus; never a negative zero; infinity is "not reached"."""
    if value is None or math.isnan(value):
        return ABSENT
    if math.isinf(value):
        return NOT_REACHED
    text = f"{abs(value):,.{digits}f}"
    negative = value < 0 and any(digit in text for digit in "123456789")
    return f"{MINUS}{text}" if negative else text


def p_text(p_value: float | None) -> str:
    """``"0.012"``, ``"<0.001"`` or ``">0.999"``, for a table cell."""
    if p_value is None:
        return ABSENT
    if p_value < SMALLEST_P:
        return f"<{SMALLEST_P}"
    return f">{LARGEST_P}" if p_value > LARGEST_P else f"{p_value:.3f}"


def p_statement(p_value: float) -> str:
    """``"p = 0.012"`` or ``"p < 0.001"``, for a sentence."""
    text = p_text(p_value)
    return f"p {text[0]} {text[1:]}" if text[0] in "<>" else f"p = {text}"


def level_text(conf_level: float | None) -> str:
    """``"95% CI"``."""
    return "CI" if conf_level is None else f"{100 * conf_level:g}% CI"


def df_text(df: float | None) -> str:
    """Degrees of freedom: an infinity sign for the normal, whole where whole."""
    if df is None:
        return ABSENT
    return (
        "\N{INFINITY}" if math.isinf(df) else number_text(df, 0 if abs(df - round(df)) < NEARLY_WHOLE else 1)
    )


def short_number(value: float) -> str:
    """As few digits as say a time: ``"12"``, ``"0.5"``, ``"1,095"``; a tenth is enough from 10 on."""
    return f"{round(value, 1) if value >= 10 else value:,.10g}"


def count_share(count: float, of: float | None) -> str:
    """``"31 (25.8%)"``; the count alone where there is nobody to share it."""
    whole = number_text(count, 0)
    return f"{whole} ({100 * count / of:.1f}%)" if of else whole


def line_ranges(lines: Iterable[int]) -> str:
    """``"12 to 15, 18"``: the lines of a file, runs joined."""
    runs: list[list[int]] = []
    for line in sorted(set(lines)):
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in runs)


def listed(words: Sequence[str]) -> str:
    """``"a, b and c"``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def upper_first(text: str) -> str:
    """Return the text with a capital at its start, the rest as it is."""
    return text[:1].upper() + text[1:]
