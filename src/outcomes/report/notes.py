"""What is said below a table: how its numbers were made, and what to mind in reading them."""

from __future__ import annotations

from collections.abc import Sequence

from outcomes.report.content import ReportContent, Row
from outcomes.report.formats import number_text
from outcomes.report.tables import all_ok, has_finite_df

METHOD_NAMES = {"bonferroni": "Bonferroni", "holm": "Holm", "hochberg": "Hochberg"}
NOT_ADJUSTED = "Intervals are not adjusted for multiplicity."


def family_text(content: ReportContent, family: str) -> str:
    """``"Holm, family 'primary'"``; how the p-values of a family are adjusted."""
    method = METHOD_NAMES.get(content.plan.multiplicity.get(family, "none"), "not adjusted")
    return f"{method}, family '{family.replace('_', ' ')}'"


def family_size(content: ReportContent, family: str) -> int:
    """Return how many comparisons a family adjusts for, those that could not be tested included."""
    return sum(row["family"] == family for row in content.rows)


def multiplicity_note(content: ReportContent) -> str:
    """Return what must be said of the intervals where any p-value was adjusted."""
    return NOT_ADJUSTED if any(row["p_adjusted"] is not None for row in content.rows) else ""


def adjustment_notes(content: ReportContent, rows: Sequence[Row]) -> tuple[str, ...]:
    """Say how the p-values of a table were adjusted, and that its intervals were not."""
    families = dict.fromkeys(str(row["family"]) for row in rows if row["p_adjusted"] is not None)
    notes = [
        f"Adjusted p: {family_text(content, name)}, {family_size(content, name)} comparisons."
        for name in families
    ]
    return (*notes, NOT_ADJUSTED) if notes else ()


def patients_notes(content: ReportContent, rows: Sequence[Row]) -> tuple[str, ...]:
    """Tell the patients of a visit from those of the model that it is estimated from."""
    if not any(row["model"] in ("mmrm", "mixed") and row["time"] is not None for row in rows):
        return ()
    counted = [
        row["estimate"] for row in content.of_analysis(rows[0]["analysis"])
        if row["quantity"] == "count" and row["term"] == "analysed" and row["estimate"] is not None
    ]  # fmt: skip
    everyone = f"all {number_text(sum(counted), 0)}" if counted else "all that were analysed"
    return (f"Patients: with a score at the visit; the model uses {everyone}.",)


def scale_notes(rows: Sequence[Row]) -> tuple[str, ...]:
    """Say of which scale a standard error is."""
    logs = any(row["scale"] == "log" and row["std_error"] is not None for row in rows)
    return ("SE is that of the logarithm.",) if logs else ()


def normal_notes(rows: Sequence[Row]) -> tuple[str, ...]:
    """Say so where every test refers to the normal distribution, and no column of df stands in the table."""
    tested = any(row["statistic"] is not None for row in rows)
    return ("Statistic: z, normal distribution.",) if tested and not has_finite_df(rows) else ()


def variance_notes(rows: Sequence[Row]) -> tuple[str, ...]:
    """Say where a statistic is not the estimate over its standard error."""
    pooled = any(row["quantity"] == "risk_difference" and row["statistic"] is not None for row in rows)
    return ("The test uses the pooled variance, SE does not.",) if pooled else ()


def status_notes(rows: Sequence[Row]) -> tuple[str, ...]:
    """Say where the reasons stand, if a row is not ok."""
    return () if all_ok(rows) else ("Reasons for a status: see Warnings.",)
