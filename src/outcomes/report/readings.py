"""What all sentences share: amounts in words, which way is better, and what the data are compatible with."""

from __future__ import annotations

from collections.abc import Iterator

from outcomes.report.content import ReportContent, Row
from outcomes.report.formats import upper_first
from outcomes.report.naming import NEITHER, arm_in_sentence
from outcomes.report.notes import family_size
from outcomes.tables import QUANTITIES

SAME = "was the same to the precision shown"


def pair_in_sentence(content: ReportContent, row: Row) -> tuple[str, str]:
    """Arm and comparator of a row as they read inside a sentence."""
    return arm_in_sentence(content, row["arm"]), arm_in_sentence(content, row["comparator"])


def reading_of(content: ReportContent, row: Row, better: str, *, higher: bool, amounts: Iterator[str]) -> str:
    """Which way is better, whom the estimate favours, and the range where it holds no difference.

    `amounts` are the limits of the interval in words, in the order low, high.
    """
    form, null = content.format_of(row), QUANTITIES[row["quantity"]].null or 0.0
    rounded_away = form.number(row["estimate"]) == form.number(null)
    arm, comparator = pair_in_sentence(content, row)
    favoured = arm if (row["estimate"] > null) == higher else comparator
    favoured = "the arm with neither treatment" if favoured == NEITHER else favoured
    text = better if rounded_away else f"{better}, so the estimate favours {favoured}"
    if row["ci_low"] is not None and row["ci_low"] <= null <= row["ci_high"]:
        join = "; the" if rounded_away else ", but the"
        text += f"{join} data are compatible with anything from {next(amounts)} to {next(amounts)}"
    elif row["p_adjusted"] is not None and row["p_adjusted"] > 1 - row["conf_level"]:
        n = family_size(content, row["family"])
        text += f"; after adjustment for {n} comparisons the data do not exclude no difference"
    return f". {upper_first(text)}."


def difference_words(content: ReportContent, row: Row, words: tuple[str, str]) -> Iterator[str]:
    """Return the limits as ``"4.0 points lower"``; `words` are those for below and above no difference."""
    form = content.format_of(row)
    return (amount_text(form.quantity(abs(limit)), limit, words) for limit in (row["ci_low"], row["ci_high"]))


def amount_text(text: str, value: float, words: tuple[str, str]) -> str:
    """``"4.0 points lower"``; `words` are those for below and above no difference."""
    return f"{text} {words[0] if value < 0 else words[1]}"
