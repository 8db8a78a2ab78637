"""Time the MMRM beside its peers, on the same data in one run, one thread each.

Run by `make bench`. Prints tables in Markdown and draws time against patients (docs/figures/mmrm_time.svg).
statsmodels' MixedLM, a smaller model, is always a peer; R's nlme, lme4 and mmrm are where an R with them is
found. A peer that needed longer than `BUDGET` is not asked for larger data.
"""

from __future__ import annotations

import os

os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from statsmodels.regression.mixed_linear_model import MixedLM

from outcomes.models.mmrm import (
    Factor,
    Number,
    build_design,
    cross_products,
    fit_mmrm,
    fit_sums,
    infer,
    ls_means,
)  # fmt: skip
from outcomes.models.mmrm.chunks import sum_chunks
from outcomes.models.mmrm.frames import Columns

BUDGET = 60.0
SIZES = [(200, 5), (1_000, 5), (200, 10), (1_000, 10), (10_000, 5), (10_000, 10)]
LARGE = (1_000_000, 5)
STREAMED = (20_000_000, 5)
PART = 200_000
ARMS = ("medication", "therapy", "combined")
VARIABLES = (Factor("arm", ARMS), Number("base"))
TERMS = [("arm",), ("visit",), ("base",), ("arm", "visit"), ("base", "visit")]
Row = tuple[str, int, int, float]


def simulate(n: int, visits: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Arms, baselines and scores (n, visits) with growing variances, drop-out and missed visits."""
    rng = np.random.default_rng(seed)
    arm, base = rng.integers(0, 3, n), rng.normal(25.0, 5.0, n)
    low = np.linalg.cholesky(0.6 * np.ones((visits, visits)) + 0.4 * np.eye(visits))
    low = low * np.linspace(4.0, 8.0, visits)[:, None]
    mean = 0.5 * (base - 25.0)[:, None] - np.linspace(1.0, 6.0, visits) * (1.0 + 0.2 * arm[:, None])
    y = mean + rng.standard_normal((n, visits)) @ low.T
    gone = np.cumsum(rng.random((n, visits)) < 0.2 / visits, axis=1) > 0
    gone[:, 0] = False
    y[gone | (rng.random((n, visits)) < 0.05)] = np.nan
    return arm, base, y


def long_frame(n: int, visits: int, seed: int = 1) -> pd.DataFrame:
    """One row per patient and visit."""
    arm, base, y = simulate(n, visits, seed)
    return pd.DataFrame({
        "id": np.repeat(np.arange(n), visits), "visit": np.tile(np.arange(visits), n),
        "arm": np.repeat(np.array(ARMS)[arm], visits), "base": np.repeat(base, visits), "y": y.ravel(),
    })  # fmt: skip


def timed(run: Callable[[], object], repeats: int = 3) -> float:
    """Best of some runs, in seconds; one only where it is slow."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
        if best > 2.0:
            break
    return best


def from_frame(data: pd.DataFrame, df: str) -> Callable[[], object]:
    """Fit from a data frame, LS means and contrasts included."""

    def run() -> None:
        made = fit_mmrm(
            data, score="y", patient="id", visit="visit", arm="arm", covariates=["base"], by_visit=["base"],
            levels={"arm": ARMS},
        ).estimates(df)  # fmt: skip
        made.ls_means()
        made.contrasts()

    return run


def mixed_lm(data: pd.DataFrame) -> Callable[[], object]:
    """statsmodels' random intercept, without means or contrasts."""
    rows = data.dropna(subset="y")
    arms = np.stack([rows["arm"] == arm for arm in ARMS[1:]], axis=1).astype(float)
    later = sorted(rows["visit"].unique())[1:]
    visits = np.stack([rows["visit"] == visit for visit in later], axis=1).astype(float)
    base = rows["base"].to_numpy()[:, None]
    cross = (arms[:, :, None] * visits[:, None, :]).reshape(len(rows), -1)
    fixed = np.hstack([np.ones((len(rows), 1)), arms, visits, base, cross, base * visits])

    def run() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            MixedLM(rows["y"].to_numpy(), fixed, rows["id"].to_numpy()).fit(reml=True)

    return run


def here() -> Iterator[Row]:
    """Times of this package and of statsmodels."""
    slow = 0.0
    for n, visits in SIZES:
        data = long_frame(n, visits)
        for df, name in (("satterthwaite", "Satterthwaite"), ("kenward_roger", "Kenward-Roger")):
            yield (f"this package, {name}", n, visits, timed(from_frame(data, df)))
        if slow < BUDGET:
            slow = timed(mixed_lm(data), 1)
            yield ("statsmodels MixedLM, random intercept, z", n, visits, slow)


def in_r(folder: Path) -> Iterator[Row]:
    """Times of R's packages, where Rscript is found."""
    if shutil.which("Rscript") is None:
        return
    for n, visits in SIZES:
        long_frame(n, visits).to_csv(folder / f"{n}x{visits}.csv", index=False)
    script = Path(__file__).with_name("mmrm_peers.R")
    done = subprocess.run(
        ["Rscript", str(script), str(folder), str(BUDGET)], capture_output=True, text=True, check=True
    )
    for line in done.stdout.splitlines():
        size, rest = line.split(",", 1)
        name, seconds = rest.rsplit(",", 1)
        n, visits = size.split("x")
        yield (name, int(n), int(visits), float(seconds))


def peak() -> int:
    """Largest memory of this process so far, in bytes; resource's figure would count that of its parent."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def from_arrays(folder: Path) -> None:
    """Print seconds with Kenward-Roger from two saved arrays, and the peak of memory beside theirs."""
    imported = peak()
    y, covariates = np.load(folder / "scores.npy"), np.load(folder / "covariates.npy")
    table = y.nbytes + covariates.nbytes

    def run() -> None:
        names = ("arm=therapy", "arm=combined", "base")
        model = fit_sums(cross_products(y, covariates, covariate_names=names), VARIABLES, TERMS)
        means = ls_means(model)
        infer(model, "kenward_roger").linear(means.rows.reshape(-1, means.rows.shape[-1]))

    seconds = timed(run)
    print(f"{seconds:.3f} {(peak() - imported) / table:.2f}")


def save_arrays(folder: Path) -> None:
    """Write the arrays that `from_arrays` loads."""
    arm, base, y = simulate(*LARGE)
    np.save(folder / "scores.npy", y)
    np.save(folder / "covariates.npy", np.column_stack([arm == 1, arm == 2, base]).astype(float))


def stream() -> None:
    """Print seconds of one pass over a Parquet file, and its memory beside that for a tenth of it."""
    n, visits = STREAMED
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "visits.parquet"
        with pq.ParquetWriter(path, pa.Table.from_pandas(long_frame(10, visits)).schema) as writer:
            for start in range(0, n, PART):
                part = long_frame(PART, visits, seed=start).assign(id=lambda d, start=start: d["id"] + start)
                writer.write_table(pa.Table.from_pandas(part))
        print(
            n * visits, subprocess_line("--pass", str(path), "0.1"), subprocess_line("--pass", str(path), "1")
        )


def one_pass(path: str, share: float) -> None:
    """Print seconds and the peak of memory of summing a share of a file."""
    n, visits = STREAMED
    design = build_design([str(visit) for visit in range(visits)], VARIABLES, TERMS)

    def chunks() -> Iterator[pd.DataFrame]:
        left = int(n * visits * share)
        for batch in pq.ParquetFile(path, pre_buffer=False).iter_batches(1 << 18):
            if left <= 0:
                return
            left -= len(batch)
            yield batch.to_pandas()

    start = time.perf_counter()
    sum_chunks(chunks(), Columns("y", "id", "visit"), design, range(visits))
    print(f"{time.perf_counter() - start:.0f} {peak() / 2**20:.0f}")


def subprocess_line(*arguments: str) -> str:
    """What this file prints when it is run with some arguments: memory is that of a fresh process."""
    done = subprocess.run([sys.executable, __file__, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def draw(rows: list[Row], path: Path) -> None:
    """Time against patients at five visits, both axes logarithmic."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "mmrm"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7.0, 4.2), layout="constrained")
    for name in dict.fromkeys(row[0] for row in rows):
        points = sorted(
            (n, seconds) for label, n, visits, seconds in rows if (label, visits) == (name, LARGE[1])
        )
        ours = name.startswith("this package")
        axes.plot(
            *zip(*points, strict=True), marker="o" if ours else "s", lw=2.4 if ours else 1.2, label=name
        )
    axes.set(xscale="log", yscale="log", xlabel="Patients, 5 visits each", ylabel="Seconds, one thread")
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as name:
        rows = [*here(), *in_r(Path(name))]
        save_arrays(Path(name))
        seconds, memory = subprocess_line("--arrays", name).split()
    rows.append(("this package, Kenward-Roger", *LARGE, float(seconds)))
    sizes = [*SIZES, LARGE]
    at = {(label, n, visits): seconds for label, n, visits, seconds in rows}
    print("| seconds | " + " | ".join(f"{n:,} x {visits}" for n, visits in sizes) + " |")
    print("|---" * (len(sizes) + 1) + "|")
    for label in dict.fromkeys(row[0] for row in rows):
        cells = [f"{at[label, *size]:.3g}" if (label, *size) in at else "-" for size in sizes]
        print(f"| {label} | " + " | ".join(cells) + " |")
    print(f"\n{LARGE[0]:,} x {LARGE[1]} is from arrays; {memory} times their memory at most, they included.")
    draw(rows, Path(__file__).parents[1] / "docs/figures/mmrm_time.svg")
    visits, tenth, tenth_memory, seconds, memory = subprocess_line("--stream").split()
    print(
        f"{int(visits):,} visits in chunks from Parquet: {seconds} s, {memory} MB at most; a tenth of them: "
        f"{tenth} s, {tenth_memory} MB."
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--arrays", folder]:
            from_arrays(Path(folder))
        case ["--stream"]:
            stream()
        case ["--pass", path, share]:
            one_pass(path, float(share))
        case _:
            main()
