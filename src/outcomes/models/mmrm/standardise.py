"""From sums and a design to a well-conditioned problem: centred, scaled, an orthonormal basis of the columns.

The model does not change: the columns span the same space, and `Standardised.back` leads from the
coefficients of the basis to those of the design. Scores that are large beside their spread, or of any unit,
lose no digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.mmrm.crossproducts import Array, Booleans, CrossProducts, Integers
from outcomes.models.mmrm.design import Design


@dataclass(frozen=True, eq=False)
class Standardised:
    """Sums of P patterns in standard units, and the way back.

    Attributes
    ----------
    group : array of int (P,)
        Covariance group of each pattern; `n_groups` of them.
    observed : array of bool (P, T)
        Visits with a score.
    days : array (P, T) or None
        Actual days.
    n, weight : array (P,)
        Patients, and the sums of their weights; patterns without any score are left out.
    uu, uy, yy : array (P, s, s), (P, s, T), (P, T, T)
        Weighted cross-products of u = (1, covariates, visit covariates) and the scores.
    basis : array (T, s, p)
        Row j of a patient's design is ``u' basis[j]``.
    back, origin : array (p, p), array (p,)
        Coefficients of the design are ``origin + score_scale * back @ gamma``.
    log_det : float
        Of the matrix that leads from the basis to the columns of the design.
    score_scale : float
        One standard unit in points: the standard deviation of all scores.
    n_scores : int
        Scores in all.
    log_weight : float
        Sum over scores of the logarithm of their patient's weight.
    location, unit : array (d,)
        What is taken off the covariates, visit covariates and scores, and what they are divided by.
    """

    group: Integers
    n_groups: int
    observed: Booleans
    days: Array | None
    n: Array
    weight: Array
    uu: Array
    uy: Array
    yy: Array
    basis: Array
    back: Array
    origin: Array
    log_det: float
    score_scale: float
    n_scores: int
    log_weight: float
    location: Array
    unit: Array


def standardise(sums: CrossProducts, columns: Array) -> Standardised:
    """Centre and scale the sums, and take an orthonormal basis of the columns.

    Parameters
    ----------
    sums : CrossProducts
    columns : array (T, s, p)
        Of a design, the intercept first; of full rank on these data.
    """
    T, s, p = columns.shape
    q = s - 1
    used = sums.observed.any(axis=1)
    observed = sums.observed[used].astype(float)
    weight, mean, scatter = sums.weight[used], sums.mean[used], sums.scatter[used]
    r = len(sums.covariates)
    seen = np.concatenate(
        [np.ones((len(weight), r)), np.tile(observed, (1, len(sums.visit_covariates)))], axis=1
    )
    centre, spread = _centre_and_spread(weight, mean[:, :q], scatter[:, :q, :q], seen)
    n_weighted = float(weight @ observed.sum(axis=1))
    shift = float(weight @ mean[:, q:].sum(axis=1)) / n_weighted
    between = weight @ (observed * (mean[:, q:] - shift) ** 2).sum(axis=1)
    within = np.trace(scatter[:, q:, q:], axis1=1, axis2=2).sum()
    scale = float(np.sqrt((within + between) / n_weighted))
    shown = np.concatenate([seen, observed], axis=1)
    location = np.concatenate([centre, np.full(T, shift)])
    unit = np.concatenate([spread, np.full(T, scale)])
    at = (mean - location) / unit * shown
    products = scatter / unit[:, None] / unit + weight[:, None, None] * at[:, :, None] * at[:, None, :]
    first = weight[:, None] * at
    full = np.empty((len(weight), s + T, s + T))
    full[:, 0, 0] = weight
    full[:, 0, 1:] = full[:, 1:, 0] = first
    full[:, 1:, 1:] = products
    # (1, covariates) = lift @ (1, standardised covariates)
    lift = np.diag(np.concatenate([[1.0], spread]))
    lift[1:, 0] = centre
    basis, triangle = np.linalg.qr((lift.T @ columns).reshape(T * s, p))
    back = np.linalg.inv(triangle)
    counts = sums.n_patients[used]
    return Standardised(
        group=sums.group[used],
        n_groups=len(sums.groups),
        observed=sums.observed[used],
        days=None if sums.days is None else sums.days[used],
        n=counts.astype(float),
        weight=weight,
        uu=full[:, :s, :s],
        uy=full[:, :s, s:],
        yy=full[:, s:, s:],
        basis=basis.reshape(T, s, p),
        back=back,
        origin=shift * np.eye(p)[0],  # the first column is the intercept
        log_det=float(np.log(np.abs(np.diag(triangle))).sum()),
        score_scale=scale,
        n_scores=int(counts @ sums.observed[used].sum(axis=1)),
        log_weight=float(sums.log_weight[used] @ sums.observed[used].sum(axis=1)),
        location=location,
        unit=unit,
    )


def gram(sums: CrossProducts, design: Design) -> Array:
    """``X'X`` of the design's columns with numbers centred, shape (p, p).

    Centring leaves the span as it is, since a product comes with its factors; an offset that is large
    beside a number's spread would pass for a combination of the constant.
    """
    r, c, T = len(sums.covariates), len(sums.visit_covariates), len(sums.visits)
    q = r + c * T
    numbers = np.array([all(level is None for _, level in parts) for parts in design.quantities], dtype=bool)
    centred = np.concatenate([numbers, np.ones(c * T, dtype=bool)])
    observed = sums.observed.astype(float)
    seen = np.concatenate([np.ones((len(observed), r)), np.tile(observed, (1, c))], axis=1)
    centre, _ = _centre_and_spread(sums.weight, sums.mean[:, :q], sums.scatter[:, :q, :q], seen)
    at = (sums.mean[:, :q] - np.where(centred, centre, 0.0)) * seen
    uu = np.empty((len(at), 1 + q, 1 + q))
    uu[:, 0, 0] = sums.weight
    uu[:, 0, 1:] = uu[:, 1:, 0] = sums.weight[:, None] * at
    uu[:, 1:, 1:] = sums.scatter[:, :q, :q] + sums.weight[:, None, None] * at[:, :, None] * at[:, None, :]
    by_visit = np.tensordot(observed, uu, ((0,), (0,)))
    return np.asarray((np.swapaxes(design.columns, 1, 2) @ by_visit @ design.columns).sum(axis=0))


def _centre_and_spread(weight: Array, mean: Array, scatter: Array, seen: Array) -> tuple[Array, Array]:
    """Weighted mean and deviation (1 if that is 0) of each column, over the patterns that have it."""
    total = np.maximum(weight @ seen, np.finfo(float).tiny)
    centre = (weight[:, None] * seen * mean).sum(axis=0) / total
    within = np.diagonal(scatter, axis1=1, axis2=2).sum(axis=0)
    between = (weight[:, None] * seen * (mean - centre) ** 2).sum(axis=0)
    spread = np.sqrt((within + between) / total)
    return centre, np.where(spread > 0.0, spread, 1.0)
