"""The README's example goes from CSV to report, with nothing added but two data files."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).parents[2]


def test_the_example_runs_as_printed(tmp_path):
    for name in ("Snakefile", "workflow", "profiles"):
        source = REPOSITORY / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, tmp_path / name)
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    cohort, plan, main = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    for path, text in (
        ("cohorts/my_trial.yaml", cohort),
        ("plans/my_trial.yaml", plan),
        ("config.yaml", main),
    ):
        (tmp_path / "config" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "config" / path).write_text(text, encoding="utf-8")
    shutil.copy2(REPOSITORY / "config/outputs.yaml", tmp_path / "config/outputs.yaml")
    write_files(tmp_path / "data/my_trial")
    done = subprocess.run(
        [sys.executable, "-m", "outcomes", "run"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = (tmp_path / "results/my_trial/release/report.html").read_text(encoding="utf-8")
    assert "Does combined treatment reduce depressive symptoms more than either alone?" in report


def write_files(folder):
    """Ninety made-up people in the example's two files, with its missing codes."""
    random = np.random.default_rng(3)
    folder.mkdir(parents=True)
    people, scores = ["subject,group,age,sex,days_to_relapse,relapsed"], ["subject,week,total"]
    for n in range(90):
        group = n % 3 + 1
        days, relapsed = random.integers(5, 360), int(random.random() < 0.7 - 0.1 * group)
        people.append(f"{n:03d},{group},{random.integers(18, 70)},{'fm'[n % 2]},{days},{relapsed}")
        level = random.normal(15, 3)
        for week in (0, 6, 12):
            score = int(np.clip(level - 0.2 * group * week + random.normal(0, 2), 0, 27))
            scores.append(f"{n:03d},{week},{'NA' if week and random.random() < 0.1 else score}")
    (folder / "people.csv").write_text("\n".join(people) + "\n")
    (folder / "scores.csv").write_text("\n".join(scores) + "\n")
