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
    denominator : ndarray, shape (K,)
        Risk set of each term.
    log_likelihood : float
    """

    risk: Floats
    shift: Floats
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
        tied = np.add.reduceat(tied, sets.dead_starts)
    at_risk = np.maximum(_risk_sets_of(sets, risk), tied)
    denominator = at_risk[sets.step_group]
    if sets.several.size:
        denominator -= sets.share * tied[sets.step_group]
    value -= float(sets.step_weight @ np.log(denominator))
    return Hazards(risk, shift, denominator, value)


def _risk_sets_of(sets: RiskSets, risk: Floats) -> Floats:
    """Sum of the risks of those at risk, at each event time."""
    total = np.array(risk)
    if sets.late.size:
        total[sets.ends[sets.leave_at] - 1] -= np.add.reduceat(risk[sets.late], sets.leave_starts[:-1])
    running_sums(total, sets.row_starts, 0.0)
    return np.asarray(total[sets.ends - 1])


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
    if sets.several.size:
        out[sets.dead[sets.several_dead]] -= sets.to_several(sets.per_several(steps * sets.share))
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
    whole = sets.per_time(steps)
    stay = 1.0 - sets.share
    once = sets.per_several(steps * stay)[:, None]
    twice = sets.per_several(steps * stay**2)[:, None]
    carry: Floats | float = 0.0
    for block in sets.blocks:
        x = sets.x[block.rows]
        first += x.T @ (x * exposure[block.rows, None])
        alive, dead, carry = block_sums(sets, here.risk, block, carry)
        second += alive.T @ (whole[block.times, None] * alive)
        if len(dead):
            cross = alive[sets.several[block.several] - block.times.start].T @ (once[block.several] * dead)
            second += cross + cross.T + dead.T @ (twice[block.several] * dead)
    return first - second


def block_sums(
    sets: RiskSets, risk: Floats, block: Block, carry: Floats | float
) -> tuple[Floats, Floats, Floats | float]:
    """Sums of risk times x at a block's event times, of those at risk; then those of events with shares.

    The first leaves out what the second counts: the sums that a term needs are then the first and a
    positive multiple of the second, and no difference loses digits.
    """
    sums = sets.x[block.rows] * risk[block.rows, None]
    begin, dead = block.rows.start, sums[:0]
    if block.several.stop > block.several.start:
        starts = sets.several_starts[block.several.start : block.several.stop + 1]
        rows = sets.dead[sets.several_dead[starts[0] : starts[-1]]]
        dead = np.add.reduceat(sums[rows - begin], starts[:-1] - starts[0], axis=0)
    if block.leaves.stop > block.leaves.start:
        starts = sets.leave_starts[block.leaves.start : block.leaves.stop + 1]
        rows = sets.late[starts[0] : starts[-1]]
        gone = np.add.reduceat(sets.x[rows] * risk[rows, None], starts[:-1] - starts[0], axis=0)
        sums[sets.ends[sets.leave_at[block.leaves]] - 1 - begin] -= gone
    running_sums(sums, block.starts, carry)
    alive = sums[sets.ends[block.times] - 1 - begin]
    if len(dead):
        alive[sets.several[block.several] - block.times.start] -= dead
    return alive, dead, np.array(sums[-1])
