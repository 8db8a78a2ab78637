"""Null trials: the MMRM keeps its level where a random intercept does not."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks/mmrm_level.py"
TRIALS = 300
NOMINAL = 0.05


def test_small_trials_with_growing_variance_are_rejected_as_often_as_they_should():
    """Of 300 trials without a difference, within four standard errors of the nominal share."""
    spec = importlib.util.spec_from_file_location("mmrm_level", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    shares = script.rejections(30, TRIALS)
    error = math.sqrt(NOMINAL * (1 - NOMINAL) / TRIALS)
    for method in ("kenward_roger_linear", "satterthwaite"):
        assert abs(shares[method] - NOMINAL) < 4 * error
    assert shares["random intercept, z"] > NOMINAL + 4 * error
