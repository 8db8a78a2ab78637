"""The configuration, and what rules depend on beyond files: code, configuration and raw input by content."""

import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from outcomes.config import load_project
from outcomes.config.project import canonical_json, digest
from outcomes.digest import file_sha256
from outcomes.errors import OutcomesError
from outcomes.stages.code import (
    derive_code,
    family_code,
    index_code,
    ingest_code,
    present_code,
)

# the outcomes command of the environment that runs Snakemake, activated or not
shell.prefix(f'PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"; ')

try:
    PROJECT = load_project(Path())
except OutcomesError as error:
    raise WorkflowError(str(error))


# with --software-deployment-method apptainer: the image that `apptainer build outcomes.sif outcomes.def` makes
container: "outcomes.sif"


wildcard_constraints:
    cohort="|".join(PROJECT.cohorts),
    family="|".join(
        sorted({family for plan in PROJECT.plans.values() for family in plan.families})
    ),


def raw_files(wildcards):
    """Raw files of a cohort, dictionaries and catalogs included."""
    files = PROJECT.cohorts[wildcards.cohort].files.values()
    return sorted({path for spec in files for path in spec.paths})


def raw_sha256(wildcards):
    """Content of the raw files: a swapped file counts whatever its time says."""
    return [file_sha256(Path(path)) for path in raw_files(wildcards)]


def cohort_digest(wildcards):
    """The cohort file's content."""
    return digest(PROJECT.cohorts[wildcards.cohort].model_dump_json())


def definitions_digest(wildcards):
    """The definitions that the cohort's analyses use."""
    used = PROJECT.plans[wildcards.cohort].used_definitions
    return digest(
        canonical_json(
            {
                f"{measure} {name}": d.model_dump(mode="json")
                for (measure, name), d in used.items()
            }
        )
    )


def episodes_of(cohort):
    """Episodes of a cohort whose plan uses a definition; of the others none."""
    used = PROJECT.plans[cohort].used_definitions
    return [f"results/{cohort}/restricted/episodes.parquet"] if used else []


def family_analyses(wildcards):
    """Analyses that one fit job runs."""
    return PROJECT.plans[wildcards.cohort].of_family(wildcards.family)


def family_json(wildcards):
    """Canonical JSON of just the analyses that one fit job runs."""
    return canonical_json(
        {
            name: a.model_dump(mode="json")
            for name, a in family_analyses(wildcards).items()
        }
    )


def fit_code(wildcards):
    """Digest of the code that one fit job runs."""
    return family_code(PROJECT.plans[wildcards.cohort], wildcards.family)


def family_rows(wildcards):
    """Rows of every family that the cohort's plan needs."""
    families = PROJECT.plans[wildcards.cohort].families
    return [
        f"results/{wildcards.cohort}/restricted/fits/{family}.csv"
        for family in families
    ]


def present_spec(wildcards):
    """What the page shows: outputs, the plan's texts and families, the seed and the truth."""
    plan = PROJECT.plans[wildcards.cohort].model_dump(mode="json")
    return digest(
        canonical_json(
            [PROJECT.outputs.model_dump(mode="json"), plan, PROJECT.main.seed]
        )
    )


def truth_sha256(wildcards):
    """Content of the truth."""
    return [file_sha256(Path(path)) for path in truth_file(wildcards)]


def truth_file(wildcards):
    """The truth of a simulated cohort, where there is one."""
    truth = PROJECT.cohorts[wildcards.cohort].truth
    return [truth] if truth else []
