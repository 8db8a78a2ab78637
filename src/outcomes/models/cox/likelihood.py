"""Cox's log partial likelihood sum_i d_i (x_i b - log S0(t_i)), its gradient and its information.

With r_i = w_i exp(x_i b + offset_i), S0 and S1 the sums of r and r x over a risk set, and H the cumulative
baseline hazard, the information is X' diag(r_i [H(t_i) - H(entry_i)]) X - sum_t d_t m_t m_t', m = S1/S0:
no sums of squares over risk sets. Of d tied events the l-th (l = 0 .. d - 1) sees the risk set less l/d of
the tied ones (Efron 1977, J Am Stat Assoc 72:557), with weights as in Therneau & Grambsch 2000, section 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.counting import Floats
from outcomes.models.cox.risk_sets import Block, RiskSets, running_sums


@dataclass(frozen=True)
class Derivatives:
    """Value and derivatives at one vector of coefficients, in the units of `RiskSets.x`.

    Attributes
    ----------
    log_likelihood : float
        Log partial likelihood; minus infinity or NaN where it cannot be evaluated.
    score : ndarray, shape (p,)
    information : ndarray, shape (p, p)
    """

    log_likelihood: float
    score: Floats
    information: Floats

    @property
    def finite(self) -> bool:
        """Whether everything is a number."""
        return bool(
            np.isfinite(self.log_likelihood)
            and np.isfinite(self.score).all()
            and np.isfinite(self.information).all()
        )


@dataclass(frozen=True)
class Hazards:
    """What the risk scores alone decide.

    Attributes
    ----------
    risk : ndarray, shape (m,)
        Weight times exp(linear predictor - `shift` of the stratum).
    shift : ndarray, shape (S,)
        Largest linear predictor of each stratum: nothing overflows.
    dead_risk : ndarray, shape (J,)
        Sum of the risks of the events at each time.
    denominator : ndarray, shape (K,)
        Risk set of each term.
    log_likelihood : float
    """

    risk: Floats
    shift: Floats
    dead_risk: Floats
    denominator: Floats
    log_likelihood: float


def hazards(sets: RiskSets, coefficients: Floats) -> Hazards:
    """Evaluate risks and risk sets; without a finite result where hazards differ by more than exp(700)."""
    eta = sets.x @ coefficients
    if sets.offset is not None:
        eta += sets.offset
    if sets.row_starts.size == 1:
        shift = eta.max(keepdims=True)
        eta -= shift
    else:
        shift = np.maximum.reduceat(eta, sets.row_starts)
        eta -= sets.of_stratum(shift)
    linear = eta[sets.dead]
    value = float(linear.sum() if sets.weight is None else linear @ sets.weight[sets.dead])
    risk = np.exp(eta, out=eta)
    if sets.weight is not None:
        risk *= sets.weight
    tied = risk[sets.dead]
    if tied.size > sets.ends.size:
        tied = np.add.reduceat(tied, np.cumsum(sets.tied) - sets.tied)
    total = np.array(risk)
    if sets.late.size:
        total[sets.ends[sets.leave_at] - 1] -= np.add.reduceat(risk[sets.late], sets.leave_starts)
    running_sums(total, sets.row_starts, 0.0)
    at_risk = np.maximum(total[sets.ends - 1], tied)
    denominator = at_risk if sets.single else (at_risk[sets.step_group] - sets.share * tied[sets.step_group])
    value -= float(sets.step_weight @ np.log(denominator))
    return Hazards(risk, shift, tied, denominator, value)


def log_likelihood(sets: RiskSets, coefficients: Floats) -> float:
    """Log partial likelihood alone: a third of the work."""
    with np.errstate(all="ignore"):
        return hazards(sets, coefficients).log_likelihood


def evaluate(sets: RiskSets, coefficients: Floats) -> Derivatives:
    """Log partial likelihood, gradient and information."""
    with np.errstate(all="ignore"):  # hazards too far apart: the caller looks at the result
        here = hazards(sets, coefficients)
        exposure = exposures(sets, here, None)
        residual = -exposure
        residual[sets.dead] += 1.0 if sets.weight is None else sets.weight[sets.dead]
        return Derivatives(here.log_likelihood, residual @ sets.x, information(sets, here, exposure=exposure))


def increments(sets: RiskSets, here: Hazards, factor: Floats | None) -> tuple[Floats, Floats]:
    """Hazard at each term and at each event time, each time multiplied by `factor` if given (shape (J,))."""
    steps = sets.step_weight / here.denominator
    if factor is not None:
        steps = steps * factor[sets.step_group]
    return steps, sets.per_time(steps)


def exposures(sets: RiskSets, here: Hazards, factor: Floats | None) -> Floats:
    """Risk times the cumulative hazard over the time at risk, per row; tied events count their share."""
    steps, per_time = increments(sets, here, factor)
    cumulative = sets.from_first_event(per_time)
    out = sets.at_rows(cumulative)
    if sets.late.size:
        out[sets.late] -= cumulative[sets.late_group]
    if not sets.single:
        out[sets.dead] -= sets.per_time(steps * sets.share)[sets.dead_group]
    out *= here.risk
    return out


def information(
    sets: RiskSets, here: Hazards, *, factor: Floats | None = None, exposure: Floats | None = None
) -> Floats:
    """Sum over the events of the covariance of x in their risk sets, times `factor` (shape (J,)) if given."""
    if exposure is None:
        exposure = exposures(sets, here, factor)
    p = sets.x.shape[1]
    first, second = np.zeros((p, p)), np.zeros((p, p))
    steps = sets.step_weight / here.denominator**2
    if factor is not None:
        steps = steps * factor[sets.step_group]
    stay = 1.0 - sets.share
    whole = sets.per_time(steps)
    once, twice = (
        (None, None) if sets.single else (sets.per_time(steps * stay), sets.per_time(steps * stay**2))
    )
    carry: Floats | float = 0.0
    for block in sets.blocks:
        x = sets.x[block.rows]
        first += x.T @ (x * exposure[block.rows, None])
        alive, dead, carry = block_sums(sets, here.risk, block, carry)
        a = whole[block.times, None]
        if once is None or twice is None:
            second += alive.T @ (a * alive)
            continue
        cross = alive.T @ (once[block.times, None] * dead)
        second += alive.T @ (a * alive) + cross + cross.T + dead.T @ (twice[block.times, None] * dead)
    return first - second


def block_sums(
    sets: RiskSets, risk: Floats, block: Block, carry: Floats | float
) -> tuple[Floats, Floats, Floats | float]:
    """Sums of risk times x at a block's event times: of those at risk and of the tied events.

    With shares the first leaves the tied events out: sums of positive multiples of the two then need no
    difference. Without, it is the whole risk set, and the second has no rows.
    """
    sums = sets.x[block.rows] * risk[block.rows, None]
    ends = sets.ends[block.times] - block.rows.start
    dead = sums[:0]
    if not sets.single and ends.size:
        tied = sets.tied[block.times]
        inside = np.repeat(ends - np.cumsum(tied), tied) + np.arange(tied.sum())
        dead = np.add.reduceat(sums[inside], np.cumsum(tied) - tied, axis=0)
    leaves = sets.leave_starts[block.leaves]
    if leaves.size:
        stop = block.leaves.stop
        end = sets.leave_starts[stop] if stop < sets.leave_starts.size else sets.late.size
        rows = sets.late[leaves[0] : end]
        gone = np.add.reduceat(sets.x[rows] * risk[rows, None], leaves - leaves[0], axis=0)
        sums[sets.ends[sets.leave_at[block.leaves]] - 1 - block.rows.start] -= gone
    running_sums(sums, block.starts, carry)
    at = sums[ends - 1]
    return (at - dead if dead.size else at), dead, np.array(sums[-1])
