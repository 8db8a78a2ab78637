"""What all rows of a Cox analysis share: arms, contrasts, and why some of them have no hazard ratio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from outcomes.config.survival import CoxAnalysis
from outcomes.frames import AnalysisFrame
from outcomes.models.counting import Sample, absent_arms, counts, samples_by_arm, unusable_times
from outcomes.models.fit import Row, contrast_pairs, failed_row

LEAST_EVENTS = 5
"""Below this many events in all, no hazard ratio is reported: its normal approximation means nothing."""
Pair = tuple[str, str]


@dataclass(frozen=True)
class CoxCase:
    """One analysis, before any model.

    Attributes
    ----------
    frame : AnalysisFrame
        Its patients whose times and covariates are known.
    unusable : str or None
        Why nothing is fitted: some are not.
    samples : mapping
        Times of each arm of the cohort, in canonical order.
    arms : tuple of str
        Arms with an event: those of the model, the reference first.
    silent : tuple of str
        Arms with patients and without an event.
    reasons : mapping
        Each contrast with why it has no hazard ratio whatever the model, or None.
    """

    frame: AnalysisFrame
    unusable: str | None
    analysis: CoxAnalysis
    samples: Mapping[str, Sample]
    arms: tuple[str, ...]
    silent: tuple[str, ...]
    reasons: Mapping[Pair, str | None]

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Return the contrasts asked for, as (arm, comparator)."""
        return tuple(self.reasons)

    @property
    def conf_level(self) -> float:
        """Confidence level of all intervals."""
        return self.analysis.conf_level

    def place(self, pair: Pair) -> Row:
        """Columns of a contrast's row: arm, comparator and the counts of both."""
        arm, comparator = pair
        both = counts(self.samples[arm], self.samples[comparator])
        return {"arm": arm, "comparator": comparator, **both}

    def comparable(self, pair: Pair) -> bool:
        """Whether both arms have patients, one of them an event, and all together enough events."""
        sizes = [self.samples[arm] for arm in pair]
        events = counts(*self.samples.values())["n_events"]
        some = all(size.n_patients for size in sizes) and any(size.n_events for size in sizes)
        return self.unusable is None and some and events >= LEAST_EVENTS

    def stands(self, pair: Pair, penalised: bool) -> str:
        """What can be said of a contrast without a hazard ratio, as the end of a sentence."""
        if self.unusable is not None or not all(self.samples[arm].n_patients for arm in pair):
            return ""
        if not self.comparable(pair):
            return "; the curves can still be read"
        firth = "Firth's penalised hazard ratio, " if penalised else ""
        return f"; {firth}the log-rank test and the curves can still be read"

    def one_cluster(self, pair: Pair) -> str | None:
        """Why two arms have no robust variance whatever the model, or None.

        Where all of an arm are in one cluster their scores add to nearly 0, and so does the variance:
        MacKinnon & Webb 2018, Econom J 21:114. Leaving that cluster out leaves no estimate.
        """
        cluster = self.analysis.cluster
        if cluster is None:
            return None
        data = self.frame.data
        alone = [arm for arm in pair if data.loc[data["arm"] == arm, cluster].unique().size == 1]
        return one_cluster_reason(alone) if alone else None

    def totals(self) -> Row:
        """Counts of the arms in the model."""
        return dict(counts(*(self.samples[arm] for arm in self.arms)))

    def failed(self, quantity: str, pair: Pair, status: str, message: str, **columns: Any) -> Row:  # noqa: ANN401
        """Row of a contrast without numbers; `columns` come before its counts."""
        return failed_row(quantity, status, message, **(self.place(pair) | columns))


def one_cluster_reason(arms: Sequence[str], where: str = "") -> str:
    """Say that all of some arms are in one cluster each."""
    told = " and ".join(f"all patients of arm {arm}{where} are in one cluster" for arm in arms)
    return f"{told}: the effect cannot be told from that of the cluster"


def case_of(frame: AnalysisFrame, analysis: CoxAnalysis) -> CoxCase:
    """Sort out arms and contrasts; times that are none, and unknown events and covariates, are refused."""
    unusable, known = _usable(frame, analysis)
    frame = replace(frame, data=frame.data[known])
    samples = samples_by_arm(frame)
    return CoxCase(
        frame,
        unusable,
        analysis,
        samples,
        tuple(arm for arm, sample in samples.items() if sample.n_events),
        tuple(arm for arm, sample in samples.items() if sample.n_patients and not sample.n_events),
        {pair: unusable or _problem(samples, *pair) for pair in contrast_pairs(analysis, frame)},
    )


def _usable(frame: AnalysisFrame, analysis: CoxAnalysis) -> tuple[str | None, pd.Series]:
    """Why the data cannot be analysed, or None; and the rows of which everything is known."""
    data = frame.data
    names = dict.fromkeys((*analysis.covariates, *analysis.strata, *analysis.subgroups))
    if analysis.cluster:
        names[analysis.cluster] = None
    told = [unusable_times(frame)]
    neither = int((~data["observed"].isin([0, 1])).sum())  # False and True are 0 and 1 here
    if neither:
        told.append(f"whether the event happened is unknown in {neither} of {len(data)} patients")
    for name in names:
        missing = int(data[name].isna().sum())
        if missing:
            told.append(f"'{name}' is missing in {missing} of {len(data)} patients")
        infinite = int(data[name].isin([np.inf, -np.inf]).sum())
        if infinite:
            told.append(f"'{name}' is infinite in {infinite} of {len(data)} patients")
    time = data["time_days"]
    known = np.isfinite(time) & (time > 0) & data["observed"].isin([0, 1])
    known &= (data[list(names)].notna() & ~data[list(names)].isin([np.inf, -np.inf])).all(axis=1)
    return "; ".join(filter(None, told)) or None, known


def _problem(samples: dict[str, Sample], arm: str, comparator: str) -> str | None:
    """Why a contrast has no hazard ratio whatever the model, or None."""
    events = counts(*samples.values())["n_events"]
    absent = absent_arms(samples, arm, comparator)
    if absent is not None:
        return absent
    if events == 0:
        return "no event in any arm"
    if events < LEAST_EVENTS:
        return f"{events} events in all arms together: fewer than {LEAST_EVENTS}"
    silent = [name for name in (arm, comparator) if samples[name].n_events == 0]
    return f"no event in arm {' and arm '.join(silent)}" if silent else None
