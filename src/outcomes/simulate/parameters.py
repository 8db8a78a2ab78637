"""What the synthetic trial is made with: every number with its source, or marked as assumed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

ARMS = ("neither", "medication", "therapy", "combined")
"""Canonical order: fewest components first, medication before therapy."""
PAIRS = tuple((arm, comparator) for comparator, arm in combinations(ARMS, 2))
GIVEN = {"medication": ("medication", "combined"), "therapy": ("therapy", "combined")}
"""Component to the arms that contain it."""

CAMS = "Walkup et al. 2008, N Engl J Med 359:2753-66, Table 2"
REYNOLDS = "Reynolds et al. 1999, JAMA 281:39-45"
ASSUMED = "assumed"

WEEKS = (0, 4, 8, 12)
VISITS = ("baseline", "week_4", "week_8", "week_12")
DAY_SCATTER = 5
"""Visits take place up to this many days before or after the planned day."""

SITES = {"01": 0.20, "02": 0.17, "05": 0.15, "08": 0.13, "11": 0.12, "14": 0.10, "17": 0.08, "20": 0.05}
"""Site code to its share of the patients (assumed)."""

PARS_PUBLISHED = {
    "neither": (19.6, 16.0, 13.6, 12.6),
    "medication": (18.8, 14.2, 11.2, 9.8),
    "therapy": (18.9, 16.0, 13.3, 10.8),
    "combined": (19.4, 14.6, 10.6, 7.4),
}
"""Mean PARS total at weeks 0, 4, 8, 12 (CAMS)."""
PARS_PUBLISHED_N = {"neither": 76, "medication": 133, "therapy": 139, "combined": 140}


@dataclass(frozen=True)
class Scale:
    """How a latent value becomes a recorded score: rounded to `step`, cut off at `low` and `high`."""

    low: float
    high: float
    step: float


@dataclass(frozen=True)
class PatientEffects:
    """Latent PARS around its arm's mean: ``b0 + b1 * week + e``, all normal.

    Fitted so that the SDs of the recorded score come near those of CAMS, which grow from 3.9 at
    baseline to about 6 at week 12.
    """

    intercept_sd: float
    slope_sd: float
    correlation: float
    residual_sd: float

    def sd(self, week: float) -> float:
        """Standard deviation of the latent score at `week`, in points."""
        covariance = self.correlation * self.intercept_sd * self.slope_sd
        return math.sqrt(
            self.intercept_sd**2 + 2 * covariance * week + (self.slope_sd * week) ** 2 + self.residual_sd**2
        )


PARS_SCALE = Scale(0.0, 30.0, 1.0)
PARS_EFFECTS = PatientEffects(intercept_sd=3.05, slope_sd=0.51, correlation=-0.28, residual_sd=2.4)

PHQ9_LOCATIONS = (-0.4, -0.4, -0.6, -0.8, 0.0, -0.2, -0.5, 0.7, 1.0)
"""Latent value at which an item reaches 1 (assumed); items in the order of the questionnaire."""
PHQ9_STEPS = (0.0, 0.9, 1.6)
"""Added to the location: latent value at which the item reaches 1, 2 and 3 (assumed)."""
PHQ9_LOADING = 0.75
"""Correlation of an item's latent value with the factor that all nine share (assumed)."""
PHQ9_PARS_CORRELATION = 0.6
"""Of that factor with the latent PARS at the same visit (assumed)."""
PHQ9_PERSON_SHARE = 0.6
"""Share of the rest of the factor's variance that stays with a person from visit to visit (assumed)."""
PHQ9_SHIFT_PER_PARS_POINT = 0.09
"""Items' latent mean moves by this much per point of mean PARS change (assumed)."""

QLESQ_SCALE = Scale(0.0, 100.0, 0.1)
QLESQ_BASELINE = 48.0
"""Latent mean at baseline, percent of maximum (assumed)."""
QLESQ_GAIN_PER_PARS_POINT = 1.2
"""Latent mean at a visit rises by this much per point of mean PARS improvement by then (assumed)."""
QLESQ_SD = {"baseline": 15.0, "week_4": 15.7, "week_8": 16.3, "week_12": 17.0}
QLESQ_PARS_CORRELATION = -0.5
QLESQ_PERSON_SHARE = 0.6

FORM_MISSING = 0.03
"""Chance that a visit at week 4 or 8 takes place but its forms are not filled in (assumed)."""
ITEM_MISSING = 0.002
"""Chance that one PHQ-9 item is left blank after baseline (assumed)."""

DROPOUT_INTERCEPT = -2.9
"""Log odds of leaving after a visit with a last observed PARS of `DROPOUT_CENTRE` (assumed)."""
DROPOUT_SLOPE = 0.10
"""Added to the log odds per point of the last observed PARS (assumed)."""
DROPOUT_CENTRE = 15.0
DROPOUT_DAYS = 14
"""A person who leaves does so 1 to this many days after the last visit."""
DROPOUT_REASONS = ("adverse event", "lack of effect", "moved away", "withdrew consent")
DROPOUT_REASON_SHARES = {
    "neither": (0.10, 0.45, 0.20, 0.25),
    "medication": (0.35, 0.20, 0.20, 0.25),
    "therapy": (0.05, 0.35, 0.25, 0.35),
    "combined": (0.30, 0.15, 0.25, 0.30),
}
"""Assumed; independent of the adverse events file."""

RECURRENCE_HAZARDS = {"neither": 0.768, "medication": 0.187, "therapy": 0.341, "combined": 0.074}
"""Events per year of 365 days: ``-log(1 - p) / 3`` of the recurrence in 3 years (Reynolds)."""
MAINTENANCE_YEAR = 365
MAINTENANCE_DAYS = 1095
LOSS_HAZARD = 0.05
"""Loss to follow-up per year, the same in all arms (assumed)."""

MAINTENANCE_WEEKS = tuple(range(25, 169, 13))
"""Planned visits of maintenance, every 13 weeks from week 12 on, counted from randomisation."""
MAINTENANCE_SCATTER = 10
"""Visits of maintenance take place up to this many days before or after the planned day."""
MAINTENANCE_MISSED = 0.08
"""Chance that a visit of maintenance does not take place (assumed; independent of everything)."""


@dataclass(frozen=True)
class Episodes:
    """How recurrence shows in the PARS of maintenance; days and points (all assumed).

    While well, the latent score is the person's level at week 12, of which `settling` melts away at
    `settling_days` (time constant), plus noise with `noise_sd` and `noise_correlation` from visit to
    visit. From the day of recurrence on it is at least `floor`, about a level of its own with
    `level_mean` and `level_sd`, for `shortest_days` and an exponential time with mean `more_days`.
    Then, with chance `improving`, what lies above the level while well melts away at `melting_days`.
    """

    settling: float
    settling_days: float
    noise_sd: float
    noise_correlation: float
    floor: float
    level_mean: float
    level_sd: float
    shortest_days: int
    more_days: float
    improving: float
    melting_days: float


EPISODES = Episodes(
    settling=0.3, settling_days=180.0, noise_sd=2.4, noise_correlation=0.3,
    floor=13.0, level_mean=18.5, level_sd=2.5, shortest_days=120, more_days=120.0,
    improving=0.75, melting_days=75.0,
)  # fmt: skip

HOSPITAL_HAZARDS = (0.012, 0.09)
"""Admissions per year of 365 days before a recurrence, and from its day on; in all arms (assumed)."""

ADVERSE_RATES = {"neither": 2.0, "medication": 3.6, "therapy": 1.8, "combined": 3.4}
"""Adverse events per person-year of 365.25 days (assumed: higher with medication)."""
PERSON_YEAR = 365.25
ADVERSE_TERMS = ("headache", "nausea", "insomnia", "restlessness", "fatigue", "stomach pain")
ADVERSE_TERM_SHARES = {
    True: (0.20, 0.25, 0.20, 0.15, 0.10, 0.10),
    False: (0.35, 0.05, 0.20, 0.00, 0.25, 0.15),
}
"""By whether the arm contains medication (assumed)."""
GRADES = ("mild", "moderate", "severe")
GRADE_SHARES = (0.60, 0.32, 0.08)
ADVERSE_MEAN_DAYS = 9.0

TREATMENT_DAYS = 84
SESSIONS = 14
ADHERENCE = {
    "therapy": {"therapy": 0.80, "combined": 0.86},
    "medication": {"medication": 0.78, "combined": 0.84},
}
"""Component to arm to expected share of sessions attended, or of days covered (assumed)."""
ADHERENCE_PRECISION = {"therapy": 8.0, "medication": 6.0}
ADHERENCE_UNITS = {"therapy": "sessions", "medication": "days"}

AGE_YEARS = (12, 25)
FEMALE_SHARE = 0.52
CHRONIC_SHARE = 0.40
CHRONIC_CORRELATION = 0.3
"""Of the latent tendency to a chronic course with a person's latent PARS level (assumed)."""
SEVERITY_SCORES = (4, 5, 6, 7)
SEVERITY_SHARES = (0.18, 0.56, 0.24, 0.02)
"""CGI-S at baseline: mean 5.1, SD 0.7 as in CAMS."""
SEVERITY_CORRELATION = 0.6
"""Of the latent CGI-S with the latent PARS at baseline (assumed)."""


def common_baseline() -> float:
    """Mean PARS at baseline over the arms of CAMS, weighted by their size."""
    total = sum(PARS_PUBLISHED_N.values())
    return sum(PARS_PUBLISHED_N[arm] * PARS_PUBLISHED[arm][0] for arm in ARMS) / total


def pars_means() -> dict[str, tuple[float, ...]]:
    """True mean of the recorded PARS by arm at `WEEKS`.

    Arms of a randomised trial share their true baseline, so each arm's published course is shifted
    to start at the common one: its published change from baseline stays as it is.
    """
    start = common_baseline()
    return {arm: tuple(start + mean - course[0] for mean in course) for arm, course in PARS_PUBLISHED.items()}
