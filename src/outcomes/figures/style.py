"""How arms look and what things are called: the same in every figure, table and cohort."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import product

from outcomes.config import Cohort

INK = "#1A1A1A"
MUTED = "#595959"
RULE = "#8C8C8C"
GRID = "#E4E4E4"
PAPER = "#FFFFFF"

# Okabe & Ito 2008 (jfly.uni-koeln.de/color), all but the blue darkened until text in them has a contrast
# of 4.5:1 on white (WCAG 2.2, 1.4.3); tests check that, and the distances under colour-vision deficiency.
GREY, BLUE, VERMILLION, GREEN = "#333333", "#0072B2", "#B84A00", "#00805E"
OTHERS = ("#A9447F", "#7A6200", "#5B3FA0", "#8A1C1C", "#00687A")

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
DASHES: tuple[tuple[float, ...], ...] = ((1.2, 1.4), (5, 1.6), (6, 1.6, 1.2, 1.6), ())
OTHER_DASHES: tuple[tuple[float, ...], ...] = ((3, 1.2), (8, 2), (3, 1.2, 1.2, 1.2, 1.2, 1.2), (2, 2))


@dataclass(frozen=True)
class ArmStyle:
    """How one arm is drawn.

    Attributes
    ----------
    label : str
        As printed.
    colour : str
        ``#RRGGBB``, valid in CSS, readable as text on white.
    marker : str
        A matplotlib marker.
    dashes : tuple of float
        On and off lengths in line widths; empty is a solid line.
    """

    label: str
    colour: str
    marker: str
    dashes: tuple[float, ...]

    @property
    def linestyle(self) -> str | tuple[float, tuple[float, ...]]:
        """The dashes as matplotlib takes them."""
        return (0.0, self.dashes) if self.dashes else "solid"


@dataclass(frozen=True)
class Style:
    """What the figures of one analysis need beyond its rows.

    Attributes
    ----------
    arms : mapping
        Arm name to its look, in canonical order.
    labels : mapping
        Printed name of visits, covariates, ``covariate=level`` and analyses; a name without one
        is printed with spaces for underscores.
    outcome : str
        The endpoint in words: a measure ("PHQ-9 depression score") or an event ("relapse").
    unit : str
        Unit of the outcome, as printed.
    higher_is_better : bool or None
        Whether more of the endpoint is better: a higher score; for time to an event, a longer time
        without it (True for a relapse, False for a recovery). None: no side is called better.
    not_randomised : mapping
        Printed name of each component that was not allocated at random, to the arms that have it.
    synthetic : bool
        Whether the data are simulated: figures travel alone, so each says so.
    origin : str
        From where times to an event are counted, in words.
    """

    arms: Mapping[str, ArmStyle]
    labels: Mapping[str, str] = field(default_factory=dict)
    outcome: str = "Outcome"
    unit: str = ""
    higher_is_better: bool | None = None
    not_randomised: Mapping[str, frozenset[str]] = field(default_factory=dict)
    synthetic: bool = False
    origin: str = "the start of follow-up"

    def label(self, name: str) -> str:
        """Printed name."""
        return self.labels.get(name, name.replace("_", " "))

    def contrast(self, arm: str, comparator: str) -> str:
        """``"Combined vs Medication"``."""
        return f"{self.arms[arm].label} vs {self.arms[comparator].label}"

    def confounders(self, arms: Collection[str | None]) -> list[str]:
        """Printed names of the components in which these arms differ without having been randomised."""
        shown = {arm for arm in arms if arm is not None}
        return [label for label, given in self.not_randomised.items() if given & shown and shown - given]


def style_for(
    cohort: Cohort,
    labels: Mapping[str, str] | None = None,
    outcome: str = "Outcome",
    unit: str = "",
    higher_is_better: bool | None = None,
    origin: str = "the start of follow-up",
) -> Style:
    """Style of one analysis of a cohort; see `Style` for the parameters."""
    treatment = cohort.treatment
    arms = {arm: arm_style(vector, cohort.arms[arm].label) for arm, vector in treatment.vectors.items()}
    not_randomised = {
        spec.label: frozenset(arm for arm, parts in cohort.arms.items() if name in parts.components)
        for name, spec in cohort.components.items()
        if name not in treatment.randomised
    }
    return Style(
        arms, dict(labels or {}), outcome, unit, higher_is_better, not_randomised, cohort.synthetic, origin
    )


def arm_style(vector: tuple[bool, ...], label: str) -> ArmStyle:
    """Look of the arm with this component vector, whatever other arms a cohort has.

    Neither is grey, the first component alone blue, the second alone vermillion, all of them
    together green; every other vector takes the next of `OTHERS`, in canonical order.
    """
    alone = [index for index, present in enumerate(vector) if present] if sum(vector) == 1 else []
    if not any(vector):
        fixed = 0, GREY
    elif alone == [0]:
        fixed = 1, BLUE
    elif alone == [1]:
        fixed = 2, VERMILLION
    elif all(vector):
        fixed = 3, GREEN
    else:
        place = _place_among_others(vector)
        return ArmStyle(
            label,
            OTHERS[place % len(OTHERS)],
            MARKERS[(place + 4) % len(MARKERS)],
            OTHER_DASHES[place % len(OTHER_DASHES)],
        )
    place, colour = fixed
    return ArmStyle(label, colour, MARKERS[place], DASHES[place])


def _place_among_others(vector: tuple[bool, ...]) -> int:
    """Rank of a vector among those without a fixed colour, in canonical order."""
    vectors = sorted(product((False, True), repeat=len(vector)), key=_canonical_rank)
    return vectors.index(vector) - 3


def _canonical_rank(vector: tuple[bool, ...]) -> tuple[int, tuple[bool, ...]]:
    return sum(vector), tuple(not present for present in vector)
