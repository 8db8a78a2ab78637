rule fit_family:
    """Fit every pre-specified analysis of one model family; write their rows of the estimates table."""
    input:
        rules.ingest_cohort.output.tables,
    output:
        rows="results/{cohort}/restricted/fits/{family}.csv",
        methods="results/{cohort}/restricted/fits/{family}.json",
    log:
        "logs/{cohort}/fit_{family}.log",
    params:
        analyses=family_json,
        code=fit_code,
    message:
        "fit {wildcards.family} of {wildcards.cohort}"
    shell:
        """
        outcomes fit --cohort {wildcards.cohort:q} --family {wildcards.family:q} 2>{log:q}
        """
