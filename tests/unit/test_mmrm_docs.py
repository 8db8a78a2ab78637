"""The Python of docs/mmrm.md runs as it stands there, one block after the other."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

PAGE = Path(__file__).parents[2] / "docs/mmrm.md"


def test_the_examples_of_the_page_run(tmp_path, monkeypatch, capsys):
    rng = np.random.default_rng(0)
    n = 120
    trial = pd.DataFrame({
        "id": np.repeat(np.arange(n), 3), "week": np.tile([4, 8, 12], n),
        "arm": np.repeat(rng.choice(["medication", "therapy", "combined"], n), 3),
        "baseline": np.repeat(rng.normal(20, 4, n), 3), "site": np.repeat(rng.choice(["x", "y"], n), 3),
        "change": rng.normal(size=3 * n) + np.repeat(rng.normal(size=n), 3),
    })  # fmt: skip
    monkeypatch.chdir(tmp_path)
    names = {"trial": trial}
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        exec(block, names)
        if "north.json" in block and not (tmp_path / "south.json").exists():
            names["sums"].save(Path("south.json"))
    assert capsys.readouterr().out == "0\n"
    assert names["model"].n_patients == 2 * n
    rows, sums = names["fit"].model, names["model"]
    assert rows.status == sums.status == "ok"
