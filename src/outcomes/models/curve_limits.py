"""Limits of a survival probability: g(S) -+ z g'(S) S s, taken back from the scale g; s the error of log S.

Scales and their coverage: Borgan & Liestol 1990, Scand J Stat 17:35. On the scale log(-log S) limits stay
within 0 and 1: Kalbfleisch & Prentice 1980, The Statistical Analysis of Failure Time Data, section 1.3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy import special

from outcomes.inference import critical_value
from outcomes.models.counting import Floats

Scale = Literal["log_log", "log", "plain", "logit", "arcsine"]
Limits = tuple[Floats, Floats]


def limits(survival: Floats, spread: Floats, conf_level: float, scale: Scale = "log_log") -> Limits:
    """Confidence limits of survival probabilities, on the scale named.

    Parameters
    ----------
    survival : ndarray
        Above 0; nan gives nan.
    spread : ndarray
        Standard error of log `survival`: for Greenwood the root of the sum of d / (n (n - d)).
    conf_level : float
        In (0, 1).
    scale : {'log_log', 'log', 'plain', 'logit', 'arcsine'}
        Where the interval is symmetric.

    Returns
    -------
    tuple of ndarray
        Lower and upper limits, in [0, 1].
    """
    low, high = SCALES[scale](survival, critical_value(conf_level) * spread)
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


def _log_log(survival: Floats, half: Floats) -> Limits:
    width = half / np.log(survival)
    # log(S) < 0, so the plus sign gives the lower limit's larger power
    return survival ** np.exp(-width), survival ** np.exp(width)


def _log(survival: Floats, half: Floats) -> Limits:
    return survival * np.exp(-half), survival * np.exp(half)


def _plain(survival: Floats, half: Floats) -> Limits:
    return survival * (1 - half), survival * (1 + half)


def _logit(survival: Floats, half: Floats) -> Limits:
    centre, width = special.logit(survival), half / (1 - survival)
    return special.expit(centre - width), special.expit(centre + width)


def _arcsine(survival: Floats, half: Floats) -> Limits:
    centre, width = np.arcsin(np.sqrt(survival)), half / 2 * np.sqrt(survival / (1 - survival))
    return (
        np.sin(np.maximum(centre - width, 0.0)) ** 2,
        np.sin(np.minimum(centre + width, np.pi / 2)) ** 2,
    )


SCALES: dict[Scale, Callable[[Floats, Floats], Limits]] = {
    "log_log": _log_log,
    "log": _log,
    "plain": _plain,
    "logit": _logit,
    "arcsine": _arcsine,
}
"""Name of a scale to ``(survival, half width on the scale of log S) -> limits``."""
