"""The data of each fit of `cox.json` and `cox_engine.json`, as arguments of `fit_cox_model`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
COX = json.loads((HERE / "cox.json").read_text())["fits"]
ENGINE = json.loads((HERE / "cox_engine.json").read_text())
EXACT = {"lung_exact", "veteran_exact"}  # exact ties are not offered
FITS = sorted(set(COX) - EXACT - {"lung_predicted_curves"})
CELLS = ["squamous", "smallcell", "adeno", "large"]
TOGETHER = {  # categories that cox.zph tests as one term
    "veteran": {"celltype": [f"celltype{cell}" for cell in CELLS[1:]]},
    "colon": {"rx": ["rxLev", "rxLev+5FU"]},
    "pharmacoSmoking": {
        "grp": ["grppatchOnly"],
        "gender": ["genderMale"],
        "employment": ["employmentother", "employmentpt"],
    },
}


def read(name):
    if name == "pharmacoSmoking":
        return pd.read_csv(HERE.parents[1] / "data" / "smoking_relapse" / f"{name}.csv")
    return pd.read_csv(HERE / "data" / f"{name}.csv")


def indicators(data, column, levels):
    return data.assign(**{f"{column}{level}": (data[column] == level).astype(float) for level in levels})


def lung(name):
    data = read("lung").assign(w=lambda d: 0.5 + ((np.arange(len(d)) + 1) % 4) / 2)
    if name in ("lung_efron", "lung_breslow"):
        data = data.dropna(subset=["wt.loss", "ph.ecog"])
    if "strata" in name:
        data = data.dropna(subset=["ph.ecog", "inst"])
        return data, {"stratum": data["ph.ecog"], "cluster": data["inst"]}
    return data, {"weights": data["w"]} if "weighted" in name else {}


def veteran(name):
    data = indicators(read("veteran"), "celltype", CELLS[1:])
    stratum = pd.Categorical(data["celltype"], CELLS).codes
    return data, {"stratum": stratum} if "strata" in name else {}


def colon(name):
    data = indicators(read("colon").dropna(subset=["nodes"]), "rx", ["Lev", "Lev+5FU"])
    if "recurrent" in name:
        return data, {"stratum": data["etype"], "cluster": data["id"]}
    return data[data["etype"] == 2], {}


def smoking(name):
    data = indicators(indicators(read("pharmacoSmoking"), "grp", ["patchOnly"]), "gender", ["Male"])
    data = data.assign(time=data["ttr"].clip(lower=0.5), status=data["relapse"])
    return indicators(data, "employment", ["other", "pt"]), {}


def heart(name):
    data = read("heart")
    return data.assign(time=data["stop"], status=data["event"]), {"entry": data["start"]}


def bladder(name):
    data = read("bladder")
    return data.assign(time=data["stop"], status=data["event"]), {
        "stratum": data["enum"],
        "cluster": data["id"],
    }


def pbc(name):
    data = read("pbc").dropna(subset=["protime"])
    logs = {f"log({key})": np.log(data[key]) for key in ("bili", "albumin", "protime")}
    return data.assign(status=data["status"] == 2, **logs), {}


def simcox(name):
    data = read("simcox_n2000")
    return data.assign(time=data["day"] if "days" in name else data["time"], status=data["event"]), {}


READERS = {
    "lung": lung,
    "veteran": veteran,
    "colon": colon,
    "pharmacoSmoking": smoking,
    "heart": heart,
    "bladder": bladder,
    "pbc": pbc,
    "simcox": simcox,
}


def arguments(name):
    """Keyword arguments of `fit_cox_model`; R is robust with clusters and fractional weights too."""
    data, options = READERS[name.partition("_")[0]](name)
    status = data["status"] == 2 if name.startswith("lung") else data["status"] == 1
    terms = COX[name]["coef_names"]
    arrays = {key: np.asarray(value) for key, value in options.items()}
    for key in {"stratum", "cluster"} & set(arrays):
        arrays[key] = arrays[key].astype(int)
    return {
        "time": data["time"].to_numpy(float),
        "observed": status.to_numpy(bool),
        "covariates": data[terms].to_numpy(float),
        "terms": terms,
        "ties": COX[name]["ties"],
        "robust": "robust" in name or "weighted" in name,
        **arrays,
    }


def groups(name, terms):
    """Columns that the reference tests as one term."""
    found = TOGETHER.get(name.partition("_")[0], {})
    return {key: columns for key, columns in found.items() if set(columns) <= set(terms)}


def all_at_once(ties):
    """Start-stop rows, weights, offset, strata and clusters together: `cox_engine_ref.R`."""
    data = read("simcox_n2000").iloc[:500]
    i = np.arange(len(data))
    day = data["day"].to_numpy(float)
    return {
        "time": day,
        "observed": data["event"].to_numpy(bool),
        "covariates": data[["x1", "x2", "x3"]].to_numpy(float),
        "terms": ["x1", "x2", "x3"],
        "ties": ties,
        "entry": np.floor(day * (i % 3) / 4),
        "weights": 0.5 + (i % 4) / 2,
        "offset": 0.1 * (i % 5),
        "stratum": i % 3,
        "cluster": data["cluster"].to_numpy(int),
    }
