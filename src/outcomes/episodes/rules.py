"""At which entries of a timeline a rule holds: thresholds on the scale, from baseline, from the best."""

from __future__ import annotations

import numpy as np

from outcomes.config.definition import WORSE, Definition
from outcomes.config.instrument import Instrument
from outcomes.config.rule import FALLS, RISES, Rule
from outcomes.episodes.timeline import SCORED, Bools, Floats, Timeline

SLACK = 1e-9
"""Points; far above the rounding of a percentage of a score, far below the smallest step of one."""


def definition_faults(definition: Definition, name: str, instrument: Instrument) -> list[str]:
    """Say why a definition cannot be used on scores of an instrument, rule by rule; empty where it can."""
    wrong = []
    if definition.instruments and name not in definition.instruments:
        wrong.append(f"is for {' or '.join(definition.instruments)}, and the measure is {name}")
    for state, rule in definition.rules.items():
        falls = [key for key in FALLS if getattr(rule, key) is not None]
        rises = [key for key in RISES if getattr(rule, key) is not None]
        better, worse = (rises, falls) if instrument.higher_is_better else (falls, rises)
        against = better if state in WORSE else worse
        if len(against) and not (set(falls) & {"at_most"} and set(rises) & {"at_least"}):
            way = "higher" if instrument.higher_is_better else "lower"
            wrong.append(
                f"{state}: {', '.join(against)} points the wrong way: {way} scores of {name} are better"
            )
        if instrument.higher_is_better and {*falls, *rises} - {"at_most", "at_least"}:
            wrong.append(
                f"{state}: reductions and increases are for scales on which lower is better: "
                "give at_least, at_most or reliable_change"
            )
        if rule.needs_baseline and instrument.baseline_free:
            wrong.append(f"{state}: {name} rates change and has no baseline")
        entry = getattr(instrument, rule.instrument) if rule.instrument else None
        if rule.instrument and (entry is None or getattr(entry, "rule", None)):
            wrong.append(f"{state}: {name} has no rule of {rule.instrument} that a score can tell")
    return wrong


def settled(rule: Rule, instrument: Instrument) -> Rule:
    """Return the rule with the instrument's own rule written out in place of its name."""
    if rule.instrument is None:
        return rule
    found: dict[str, object] = {"instrument": None}
    if rule.instrument == "remission" and instrument.remission:
        found["at_most"] = instrument.remission.at_most
    if rule.instrument == "response" and instrument.response:
        response = instrument.response
        for key in ("percent_reduction", "points_reduction", "at_most", "from_minimum"):
            found[key] = getattr(response, key)
    return rule.model_copy(update=found)


def holds(rule: Rule, timeline: Timeline, instrument: Instrument) -> Bools:
    """Return where a score meets every threshold of `rule`; shape (m, n), False where there is no score.

    A threshold against a baseline that is not known, or a percentage of a distance of 0, is not met.
    """
    score, baseline = timeline.score, timeline.baseline[None, :]
    met: Bools = (timeline.kind == SCORED) & (len(rule.thresholds) > 0)
    with np.errstate(invalid="ignore"):  # a comparison with nan is False, which is what is meant
        if rule.at_most is not None:
            met &= score <= rule.at_most + SLACK
        if rule.at_least is not None:
            met &= score >= rule.at_least - SLACK
        if rule.percent_reduction is not None:
            whole = baseline - (instrument.low if rule.from_minimum else 0.0)
            met &= (100 * (baseline - score) >= rule.percent_reduction * whole - SLACK) & (whole > 0)
        if rule.points_reduction is not None:
            met &= baseline - score >= rule.points_reduction - SLACK
        if rule.points_increase is not None or rule.percent_increase is not None:
            met &= _rises(rule, score, timeline.baseline)
        if rule.reliable_change is not None:
            better = 1.0 if instrument.higher_is_better else -1.0
            sign = better if rule.reliable_change.direction == "improvement" else -better
            met &= sign * (score - baseline) > rule.reliable_change.points + SLACK
        if rule.cutoff is not None:
            sign = 1.0 if instrument.higher_is_better else -1.0
            cut = rule.cutoff.score(higher_is_better=instrument.higher_is_better)
            beyond = sign * (score - cut)
            met &= (beyond > SLACK) if rule.cutoff.criterion == "c" else (beyond >= -SLACK)
            met &= sign * (baseline - cut) < -SLACK
    return met


def _rises(rule: Rule, score: Floats, baseline: Floats) -> Bools:
    """Increase from the baseline, or from the best score of the baseline and the visits before."""
    if rule.increase_from == "baseline":
        before = np.broadcast_to(baseline, score.shape)
    else:
        before = np.fmin.accumulate(np.concatenate([baseline[None, :], score[:-1]], axis=0), axis=0)
    met = np.ones(score.shape, dtype=bool)
    if rule.points_increase is not None:
        met &= score - before >= rule.points_increase - SLACK
    if rule.percent_increase is not None:
        met &= (100 * (score - before) >= rule.percent_increase * before - SLACK) & (before > 0)
    return met
