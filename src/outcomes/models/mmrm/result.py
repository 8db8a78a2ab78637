"""What a fit returns: an MMRM with a status, and a solution only where it may be relied on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from outcomes.models.mmrm.crossproducts import Array, CrossProducts
from outcomes.models.mmrm.design import Design
from outcomes.models.mmrm.likelihood import Problem
from outcomes.models.mmrm.optimise import Optimum
from outcomes.models.mmrm.standardise import Standardised

Status = Literal["ok", "not_converged", "not_estimable"]


class NotEstimableError(Exception):
    """The data cannot answer what is asked; the message is the reason, as printed."""


@dataclass(frozen=True)
class Attempt:
    """One structure of the chain: its name, and how its fit ended (None: well)."""

    structure: str
    fault: str | None


@dataclass(frozen=True, eq=False)
class Solution:
    """A fit that may be relied on, on the scale of the scores.

    Attributes
    ----------
    coefficients : array (p,)
        0 for columns that an empty cell left without data.
    log_likelihood : float
        With its constants, as R's mmrm and SAS print it: the restricted one without ``log |X'X| / 2``.
    covariance : array (G, T, T)
        Between the visits, by group; with actual days, that at the planned ones.
    n_parameters : int
        Of the covariance.
    problem, optimum
        In standard units.
    to_design : array (p, q)
        Leads from the coefficients in standard units to those of the design, less `origin`.
    origin : array (p,)
    unknown : array (a, p)
        Combinations of the coefficients that the data say nothing of.
    """

    coefficients: Array
    log_likelihood: float
    covariance: Array
    n_parameters: int
    problem: Problem
    optimum: Optimum
    to_design: Array
    origin: Array
    unknown: Array

    @property
    def typical_covariance(self) -> Array:
        """Covariance of a patient of mean weight, shape (G, T, T), whatever the unit of the weights."""
        data = self.data
        return self.covariance * float(data.n.sum() / data.weight.sum())

    @property
    def data(self) -> Standardised:
        """Sums in standard units."""
        return self.problem.data


@dataclass(frozen=True, eq=False)
class MMRM:
    """Outcome of a fit; without numbers where the status is not ok.

    Attributes
    ----------
    status : {'ok', 'not_converged', 'not_estimable'}
    message : str or None
        Why there are no numbers.
    structure : str
        Name of the covariance that was fitted, or tried last.
    attempts : tuple of Attempt
        The chain, in order.
    reml : bool
    design : Design
        Over the visits with scores.
    groups : tuple of str
        Groups with a covariance of their own.
    sums : CrossProducts
        Over the visits with scores.
    unseen_visits : tuple of str
        Visits at which nobody has a score; left out.
    n_patients, n_without_scores, n_scores : int
        Patients with a score, patients without any, scores.
    solution : Solution or None
    """

    status: Status
    message: str | None
    structure: str
    attempts: tuple[Attempt, ...]
    reml: bool
    design: Design
    groups: tuple[str, ...]
    sums: CrossProducts
    unseen_visits: tuple[str, ...]
    n_patients: int
    n_without_scores: int
    n_scores: int
    solution: Solution | None

    @property
    def aic(self) -> float:
        """Akaike's criterion; of a restricted likelihood it counts covariance parameters only, as in SAS.

        Raises
        ------
        NotEstimableError
            Where there are no numbers.
        """
        solution = self.solved()
        return 2.0 * (self._n_counted() - solution.log_likelihood)

    @property
    def bic(self) -> float:
        """Schwarz's criterion, with the number of patients, as in SAS.

        Raises
        ------
        NotEstimableError
            Where there are no numbers.
        """
        return self._n_counted() * math.log(self.n_patients) - 2.0 * self.solved().log_likelihood

    def _n_counted(self) -> int:
        solution = self.solved()
        return solution.n_parameters + (0 if self.reml else solution.to_design.shape[1])

    def solved(self) -> Solution:
        """Return the solution.

        Raises
        ------
        NotEstimableError
            Where there is none.
        """
        if self.solution is None:
            raise NotEstimableError(self.message or self.status)
        return self.solution
