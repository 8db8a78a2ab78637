"""From the raw files of each cohort to its report: the table of contents."""

from snakemake.utils import min_version

min_version("9.0")


include: "workflow/rules/common.smk"
include: "workflow/rules/ingest.smk"
include: "workflow/rules/derive.smk"
include: "workflow/rules/fit.smk"
include: "workflow/rules/present.smk"


rule all:
    """Every cohort's release folder and the page over them."""
    default_target: True
    input:
        expand("results/{cohort}/release/report.html", cohort=list(PROJECT.cohorts)),
        [path for cohort in PROJECT.cohorts for path in episodes_of(cohort)],
        "results/index.html",
