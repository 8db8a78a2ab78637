"""Time the Cox model beside its peers: the same arrays, one run, one thread, each in a process of its own.

Run by `make bench`. Prints a table in Markdown: seconds from data in memory to coefficients and standard
errors, the peak of memory beside the arrays, and how far the coefficients are from this package's. lifelines
and statsmodels are always peers; scikit-survival where it is installed, here or for the interpreter named by
PEER_PYTHON; R's coxph where Rscript is found.
"""

from __future__ import annotations

import os

os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

SIZES = (1_000, 1_000_000)
P = 10
SLOW = 2.0
REPEATS = 20
OURS = "this package"
LABELS = {
    OURS: "this package",
    "lifelines": "lifelines CoxPHFitter",
    "statsmodels": "statsmodels PHReg",
    "sksurv": "scikit-survival CoxPHSurvivalAnalysis",
    "call": "R coxph",
    "core": "R coxph.fit, its core",
}


def save_arrays(folder: Path, n: int) -> None:
    """Exponential times that depend on ten covariates, half of them binary; about half are censored."""
    rng = np.random.default_rng(n)
    x = rng.standard_normal((n, P))
    x[:, 1::2] = x[:, 1::2] > 0
    event = rng.exponential(500 * np.exp(-x @ np.linspace(-0.5, 0.5, P)))
    end = rng.uniform(0, 1000, n)
    arrays = {"time": np.minimum(event, end), "observed": (event <= end).astype(float), "covariates": x}
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values)
        values.T.tofile(folder / f"{name}.bin")  # R's order of a matrix
    (folder / "size.txt").write_text(f"{n} {P}")


def peak() -> int:
    """Largest memory of this process so far, in bytes; resource's figure would count that of its parent."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def fitter(name: str) -> Callable[[np.ndarray, np.ndarray, np.ndarray], Callable[[], np.ndarray]]:
    """Prepare an engine's own form of the data, not timed; the result fits and gives coefficients."""
    if name == OURS:
        from outcomes.models.cox import fit_cox_model

        return lambda t, d, x: lambda: fit_cox_model(t, d, x).coefficients
    if name == "lifelines":
        import pandas as pd
        from lifelines import CoxPHFitter

        def from_frame(t: np.ndarray, d: np.ndarray, x: np.ndarray) -> Callable[[], np.ndarray]:
            table = pd.DataFrame(x, columns=[f"x{k}" for k in range(P)]).assign(t=t, d=d)

            def run() -> np.ndarray:
                return CoxPHFitter().fit(table, "t", "d").params_.to_numpy()

            return run

        return from_frame
    if name == "statsmodels":
        from statsmodels.duration.hazard_regression import PHReg

        return lambda t, d, x: lambda: PHReg(t, x, status=d, ties="efron").fit().params
    from sksurv.linear_model import CoxPHSurvivalAnalysis
    from sksurv.util import Surv

    def from_records(t: np.ndarray, d: np.ndarray, x: np.ndarray) -> Callable[[], np.ndarray]:
        y = Surv.from_arrays(d.astype(bool), t)
        return lambda: CoxPHSurvivalAnalysis(ties="efron").fit(x, y).coef_

    return from_records


def one(folder: Path, name: str) -> None:
    """Print seconds, bytes of memory beyond the imports, and coefficients of an engine."""
    prepare = fitter(name)
    imported = peak()
    run = prepare(*(np.load(folder / f"{key}.npy") for key in ("time", "observed", "covariates")))
    best = float("inf")
    for _ in range(REPEATS):
        start = time.perf_counter()
        coefficients = run()
        best = min(best, time.perf_counter() - start)
        if best > SLOW:
            break
    print(best, peak() - imported, *coefficients.tolist())


def measure(folder: Path, name: str, n: int) -> list[float] | None:
    """Run one engine in a process of its own; None where it is not installed."""
    if name in ("call", "core"):
        if shutil.which("Rscript") is None:
            return None
        script = str(Path(__file__).with_name("cox_peers.R"))
        command = ["Rscript", script, str(folder), name, "1" if n > SIZES[0] else str(REPEATS)]
    else:
        python = os.environ.get("PEER_PYTHON", sys.executable) if name == "sksurv" else sys.executable
        command = [python, __file__, str(folder), name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and "No module named 'sksurv'" in done.stderr:
        return None
    if done.returncode:
        sys.exit(done.stderr)
    return [float(word) for word in done.stdout.split()]


def main(sizes: tuple[int, ...]) -> None:
    """Print the table."""
    rows = []
    for n in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            save_arrays(folder, n)
            table = sum((folder / f"{key}.npy").stat().st_size for key in ("time", "observed", "covariates"))
            found = {key: measure(folder, key, n) for key in LABELS}
        ours = found[OURS]
        for key, line in found.items():
            if line is not None and ours is not None:
                apart = max(abs(a - b) for a, b in zip(line[2:], ours[2:], strict=True))
                memory = f"{line[1] / table:.1f}" if n > SIZES[0] else "-"
                rows.append(f"| {n:,} | {LABELS[key]} | {line[0]:.3g} | {memory} | {apart:.0e} |")
                print(rows[-1], file=sys.stderr)
    print("| patients | engine | seconds | memory / table | largest difference of a coefficient |")
    print("|---|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    match sys.argv[1:]:
        case [folder, name]:
            one(Path(folder), name)
        case [n]:
            main((int(n),))
        case _:
            main(SIZES)
