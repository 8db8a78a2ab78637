"""Wall time of a full run over the embedded cohorts, and of a rerun with nothing to do."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = ("Snakefile", "workflow", "profiles", "config", "data")


def timed(folder: Path) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "outcomes", "run"], cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in PARTS:
            source = ROOT / part
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, folder / part)
        full, again = timed(folder), timed(folder)
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"full run over the embedded cohorts: {full:.1f} s (reach: 60 s)")
    print(f"rerun with nothing to do:           {again:.1f} s (reach: 6 s)")


if __name__ == "__main__":
    main()
