rule present_cohort:
    """Collect the estimates; draw the figures; write the report and its provenance."""
    input:
        family_rows,
        truth_file,
        rules.ingest_cohort.output.notes,
    output:
        estimates="results/{cohort}/release/estimates.csv",
        figures=directory("results/{cohort}/release/figures"),
        report="results/{cohort}/release/report.html",
        provenance="results/{cohort}/release/provenance.json",
        summary="results/{cohort}/release/summary.json",
    log:
        "logs/{cohort}/present.log",
    params:
        spec=present_spec,
        cohort=cohort_digest,
        truth=truth_sha256,
        code=present_code(),
    message:
        "present {wildcards.cohort}"
    shell:
        """
        outcomes present --cohort {wildcards.cohort:q} 2>{log:q}
        """


rule write_index:
    """The page over all cohorts."""
    input:
        expand("results/{cohort}/release/summary.json", cohort=list(PROJECT.cohorts)),
    output:
        "results/index.html",
    log:
        "logs/index.log",
    params:
        code=index_code(),
    message:
        "index"
    shell:
        """
        outcomes index 2>{log:q}
        """
