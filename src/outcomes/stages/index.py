"""Stage `index`: one page over all cohorts, from their summaries."""

from __future__ import annotations

import json
from pathlib import Path

from outcomes.atomic import write_text
from outcomes.config.project import CONFIG_FILE, MainConfig, load_file
from outcomes.errors import Problem, RunError
from outcomes.report.index import IndexEntry, render_index
from outcomes.stages import paths


def write_index(root: Path) -> None:
    """Write `results/index.html` over the cohorts of the config, in its order."""
    main = load_file(root, CONFIG_FILE, MainConfig)
    entries = []
    for name in main.cohorts:
        path = root / paths.release(name) / "summary.json"
        if not path.is_file():
            what = f"is missing; run 'outcomes present --cohort {name}' first"
            raise RunError(Problem(str(paths.release(name) / "summary.json"), "", what))
        entries.append(IndexEntry(**json.loads(path.read_text(encoding="utf-8"))))
    write_text(root / paths.INDEX, render_index(entries))
