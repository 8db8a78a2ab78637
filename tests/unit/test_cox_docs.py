"""The Python of docs/cox.md runs as it stands there, one block after the other."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

import outcomes.models.cox as engine

PAGE = (Path(__file__).parents[2] / "docs/cox.md").read_text(encoding="utf-8")


def test_the_examples_of_the_page_run(capsys):
    rng = np.random.default_rng(0)
    n = 200
    covariates = np.column_stack([rng.integers(0, 2, n), rng.normal(45, 10, n)])
    names = {
        "time": np.ceil(rng.exponential(300, n)),
        "observed": rng.random(n) < 0.7,
        "covariates": covariates,
        "site": rng.integers(0, 2, n),
        "clinic": rng.integers(0, 20, n),
    }
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(block, names)
    assert names["fit"].status == "ok"
    assert [test.term for test in names["tests"]] == ["combined", "age", "GLOBAL"]
    assert names["effect"].term == "combined"
    assert "not_" not in capsys.readouterr().out


def test_every_public_function_is_named():
    functions = [name for name in engine.__all__ if name[0].islower()]
    assert [name for name in functions if name not in PAGE] == []
