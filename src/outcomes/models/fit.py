"""What a model returns: rows of `estimates` with a status, and the facts its methods text is made of."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np

from outcomes.config import AnalysisBase
from outcomes.frames import AnalysisFrame
from outcomes.inference import wald_interval, wald_p_value
from outcomes.tables import QUANTITIES

T = TypeVar("T")
Row = dict[str, Any]
LARGEST_LOG = 700.0
"""Largest size of a logarithm whose exponential, and one over it, are numbers."""


@dataclass(frozen=True)
class Fit:
    """One fitted analysis.

    Attributes
    ----------
    rows : tuple of dict
        Rows of `estimates` without `cohort`, `analysis`, `endpoint`, `population`, `model` and
        `family`, which the fit stage adds.
    methods : dict
        Facts about what was really run, as printed in the methods section: label to text.
    warnings : tuple of str
        What a reader must know before trusting the numbers.
    """

    rows: tuple[Row, ...]
    methods: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def level(quantity: str, **columns: Any) -> Row:  # noqa: ANN401
    """One ok row that is not a contrast; `columns` are columns of `estimates`."""
    return {"quantity": quantity, "status": "ok", **columns}


def wald_row(
    quantity: str,
    estimate: float,
    std_error: float,
    conf_level: float,
    df: float = math.inf,
    *,
    test: bool = True,
    **columns: Any,  # noqa: ANN401
) -> Row:
    """One ok row from an estimate and its standard error on the quantity's own scale.

    A ratio whose limits no number can hold is not estimable: columns that all but determine an arm do that.

    Parameters
    ----------
    quantity : str
        Key of `QUANTITIES`; on a log scale `estimate` is a logarithm and the row shows its exponential.
    test : bool
        Whether to add the Wald test of ``estimate = 0`` on that scale.
    """
    scale = QUANTITIES[quantity].scale
    interval = wald_interval(estimate, std_error, conf_level, df)
    beyond = ratio_problem(estimate, std_error, interval.low, interval.high) if scale == "log" else None
    if beyond is not None:
        return failed_row(quantity, "not_estimable", beyond, **columns)
    shown = math.exp if scale == "log" else float
    row = level(
        quantity,
        estimate=shown(estimate),
        ci_low=shown(interval.low),
        ci_high=shown(interval.high),
        conf_level=conf_level,
        std_error=std_error,
        scale=scale,
        df=df,
        **columns,
    )
    if test:
        row |= {"statistic": estimate / std_error, "p_value": wald_p_value(estimate, std_error, df)}
    return row


def ratio_problem(estimate: float, std_error: float, low: float, high: float) -> str | None:
    """Say that the limits of a ratio, given as logarithms, are beyond any number; None when they are not."""
    if max(abs(low), abs(high)) <= LARGEST_LOG:
        return None
    return (
        "the limits of the ratio are beyond any number: the data say next to nothing of its logarithm, "
        f"{estimate:.3g} with a standard error of {std_error:.3g}"
    )


def failed_row(quantity: str, status: str, message: str, **columns: Any) -> Row:  # noqa: ANN401
    """One row without numbers that says why."""
    return {"quantity": quantity, "status": status, "message": message, **columns}


def contrast_pairs(analysis: AnalysisBase, frame: AnalysisFrame) -> tuple[tuple[str, str], ...]:
    """Return the (arm, comparator) pairs that the analysis asks for, in canonical order."""
    return analysis.pairs(frame.treatment)


@dataclass(frozen=True)
class Captured(Generic[T]):
    """The outcome of an engine call: its value, or the reason it has none."""

    value: T | None
    error: str | None


def capture(run: Callable[[], T], expected: tuple[type[Exception], ...] = ()) -> Captured[T]:
    """Run a fit; keep a numerical failure as data. Engines' warnings are left aside: our checks decide.

    Parameters
    ----------
    run : callable
        The engine call.
    expected : tuple of exception types
        The engine's own numerical failures, beside `numpy.linalg.LinAlgError`; any other is a bug.
    """
    value: T | None = None
    error: str | None = None
    failures: tuple[type[Exception], ...] = (np.linalg.LinAlgError, *expected)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = run()
        except failures as exc:
            error = f"{type(exc).__name__}: {exc}"
    return Captured(value, error)
