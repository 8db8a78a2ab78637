"""Tail of a maximum: P(max_i |Z_i| >= m), Z normal with unit variances and a correlation of rank 3 or less.

Write Z_i = l_i'X with X standard normal in three dimensions and unit vectors l_i. Where |Z_i| is the largest,
X lies in a double cone about l_i; in a direction phi around that axis the cone opens to the tangent T_i(phi).
At the height x on the axis a sector of the cone holds 1 - exp(-x^2 T^2 / 2) of its plane's mass. Integrated
over x from m on, this leaves an integral over phi alone,

    P = (1 / pi) sum_i int_0^{2 pi} [Q(m) - Q(m sqrt(1 + T_i^2)) / sqrt(1 + T_i^2)] d phi,

Q the normal's upper tail. 1 / T_i is the largest of some sinusoids: between their crossings the integrand is
smooth, and flat where it meets 0, which the double exponential rule takes to rounding (Takahasi & Mori 1974,
Publ Res Inst Math Sci 9:721). Nothing is drawn at random, and nothing cancels in the tail. For random
integration in any dimension see Genz & Bretz 2009, Computation of Multivariate Normal and t Probabilities.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]

DIMENSIONS = 3
RANK_ATOL = 1e-8
"""Largest eigenvalue beyond the third that counts as rounding of a correlation matrix."""
SAME = 1e-12
"""How close a correlation comes to 1 (or -1) before two statistics count as one."""
STEP, REACH = 0.02, 3.2
"""Of the double exponential rule: at its ends the weights have fallen to 1e-15."""


def max_abs_normal_p_value(statistic: float, correlation: ArrayLike) -> float:
    """Probability that the largest of correlated standard normals is at least `statistic` in size.

    Parameters
    ----------
    statistic : float
        Not negative.
    correlation : array_like, shape (k, k)
        Correlation matrix of rank 3 or less; it may be singular, and statistics may coincide.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ValueError
        If the statistic is negative or not finite, or the matrix is no correlation of rank 3 or less.
    """
    if not (np.isfinite(statistic) and statistic >= 0):
        raise ValueError("statistic must be finite and not negative")
    axes = _distinct(_axes(np.asarray(correlation, dtype=np.float64)))
    total = sum(_cone(statistic, axis, np.delete(axes, k, axis=0)) for k, axis in enumerate(axes))
    return float(min(1.0, total / np.pi))


def _axes(correlation: Floats) -> Floats:
    """Unit vectors in three dimensions whose products are the correlations."""
    size = correlation.shape[0]
    if correlation.shape != (size, size) or not np.allclose(np.diag(correlation), 1.0, atol=RANK_ATOL):
        raise ValueError("correlation must be square with ones on its diagonal")
    values, vectors = np.linalg.eigh((correlation + correlation.T) / 2)
    if values[0] < -RANK_ATOL or (size > DIMENSIONS and values[-DIMENSIONS - 1] > RANK_ATOL):
        raise ValueError("correlation must be positive semidefinite, of rank 3 or less")
    kept = vectors[:, -DIMENSIONS:] * np.sqrt(np.clip(values[-DIMENSIONS:], 0.0, None))
    axes = np.zeros((size, DIMENSIONS))
    axes[:, : kept.shape[1]] = kept
    unit: Floats = axes / np.linalg.norm(axes, axis=1, keepdims=True)
    return unit


def _distinct(axes: Floats) -> Floats:
    """Leave out axes that repeat an earlier one in either direction: their cones would be empty."""
    kept: list[Floats] = []
    for axis in axes:
        if all(abs(float(axis @ other)) < 1.0 - SAME for other in kept):
            kept.append(axis)
    return np.array(kept)


def _cone(statistic: float, axis: Floats, others: Floats) -> float:
    """Integral over all directions around `axis` of the mass beyond `statistic` in its cone."""
    across = np.linalg.svd(axis[None])[2][1:]  # two directions at right angles to the axis
    along = others @ axis
    # |along + T c| <= 1 bounds T by (1 - along) / c and by (1 + along) / -c, c the sinusoid of `others`
    flat = others @ across.T
    waves = np.vstack([flat / (1.0 - along)[:, None], -flat / (1.0 + along)[:, None]])
    edges = _crossings(waves)
    nodes, weights = _rule()
    middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    angle = middle[:, None] + half[:, None] * nodes
    heights = waves @ np.stack([np.cos(angle), np.sin(angle)]).reshape(2, -1)
    closing = np.max(heights, axis=0, initial=0.0).reshape(angle.shape)  # 1 / T
    cosine = closing / np.hypot(1.0, closing)
    far = np.divide(statistic, cosine, out=np.full_like(cosine, np.inf), where=cosine > 0)
    mass = special.ndtr(-statistic) - cosine * special.ndtr(-far)
    return float(((mass @ weights) * half).sum())


def _rule() -> tuple[Floats, Floats]:
    """Nodes and weights of the double exponential rule on [-1, 1]."""
    steps = np.arange(-round(REACH / STEP), round(REACH / STEP) + 1) * STEP
    inner = np.pi / 2 * np.sinh(steps)
    weights = STEP * np.pi / 2 * np.cosh(steps) / np.cosh(inner) ** 2
    return np.tanh(inner), weights


def _crossings(waves: Floats) -> Floats:
    """Angles in [0, 2 pi] at which two sinusoids cross, or one crosses 0; both ends included."""
    first, second = np.triu_indices(len(waves), 1)
    a, b = np.vstack([waves, waves[first] - waves[second]]).T
    zeros = np.arctan2(-a, b) % np.pi
    return np.unique(np.concatenate([[0.0, np.pi, 2 * np.pi], zeros, zeros + np.pi]))
