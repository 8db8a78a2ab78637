"""Random numbers that stay the same: raw bits of PCG64 by stage name, through inverse distributions.

numpy promises that a bit generator's raw stream never changes; it makes no such promise for the
methods of `Generator`. Every draw is therefore an inverse transform of a uniform number.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
MANTISSA_BITS = 53
MOST_EVENTS = 60
"""Largest Poisson count that can be drawn; the tail beyond it is below 1e-40 for means up to 5."""


def uniforms(seed: int, stage: str, *shape: int) -> Floats:
    """Uniform numbers strictly between 0 and 1, in the stream named `stage`.

    Parameters
    ----------
    seed : int
        Root seed, >= 0.
    stage : str
        Name of the stream: another name, other numbers; no stage shifts another's.
    *shape : int
        Shape of the result.
    """
    sequence = np.random.SeedSequence([seed, zlib.crc32(stage.encode("utf-8"))])
    raw = np.asarray(np.random.PCG64(sequence).random_raw(int(np.prod(shape))), dtype=np.uint64)
    # half a step above the lattice: 0 and 1, where the inverse functions are infinite, cannot occur
    numbers = ((raw >> np.uint64(64 - MANTISSA_BITS)).astype(np.float64) + 0.5) * 2.0**-MANTISSA_BITS
    return np.minimum(numbers, 1.0 - 2.0**-MANTISSA_BITS).reshape(shape)


def normals(seed: int, stage: str, *shape: int) -> Floats:
    """Independent standard normal numbers."""
    return np.asarray(special.ndtri(uniforms(seed, stage, *shape)), dtype=np.float64)


def exponentials(seed: int, stage: str, rate: Floats) -> Floats:
    """One exponential waiting time per entry of `rate` (events per unit of time, > 0)."""
    return np.asarray(-np.log(uniforms(seed, stage, *rate.shape)) / rate, dtype=np.float64)


def poisson_counts(seed: int, stage: str, mean: Floats) -> Integers:
    """One Poisson count per entry of `mean` (0 to 5), by inversion."""
    u = uniforms(seed, stage, *mean.shape)
    below = [special.pdtr(k, mean) < u for k in range(MOST_EVENTS)]
    return np.asarray(np.sum(below, axis=0), dtype=np.int64)


def choices(seed: int, stage: str, probabilities: Floats) -> Integers:
    """Index of one category per row of `probabilities` (rows sum to 1)."""
    edges = np.cumsum(probabilities, axis=1)[:, :-1]
    u = uniforms(seed, stage, len(probabilities))
    return np.asarray(np.sum(u[:, None] > edges, axis=1), dtype=np.int64)


def beta_binomials(seed: int, stage: str, n: Integers, mean: Floats, precision: float) -> Integers:
    """Beta-binomial counts: `n` trials that share a chance drawn from Beta(mean * precision, ...).

    Parameters
    ----------
    n : ndarray of int
        Trials, >= 0.
    mean : ndarray of float
        Expected share, strictly between 0 and 1.
    precision : float
        ``a + b`` of the beta distribution, > 0; small means people differ much.

    Returns
    -------
    ndarray of int
        Counts with expectation ``n * mean`` (Skellam 1948, J R Stat Soc B 10:257).
    """
    u = uniforms(seed, f"{stage}, chance", len(n))
    chance = special.betaincinv(mean * precision, (1.0 - mean) * precision, u)
    trials = uniforms(seed, f"{stage}, trials", len(n), int(np.max(n, initial=0)))
    used = np.arange(trials.shape[1])[None, :] < n[:, None]
    return np.asarray(np.sum((trials < chance[:, None]) & used, axis=1), dtype=np.int64)


def shuffled(seed: int, stage: str, blocks: int, size: int) -> Integers:
    """`blocks` independent random orders of ``0 .. size - 1``, one a row."""
    return np.argsort(uniforms(seed, stage, blocks, size), axis=1, kind="stable")


def pick(values: Sequence[str], index: Integers) -> NDArray[np.str_]:
    """Names by index."""
    return np.asarray(values, dtype=np.str_)[index]
