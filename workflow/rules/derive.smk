rule derive_cohort:
    """Derive the states of every patient, with the visits that made them: rows of people, for audit."""
    input:
        rules.ingest_cohort.output.tables,
    output:
        episodes="results/{cohort}/restricted/episodes.parquet",
        swimmers=directory("results/{cohort}/restricted/figures"),
    log:
        "logs/{cohort}/derive.log",
    params:
        definitions=definitions_digest,
        cohort=cohort_digest,
        code=derive_code(),
    message:
        "derive {wildcards.cohort}"
    shell:
        """
        outcomes derive --cohort {wildcards.cohort:q} 2>{log:q}
        """
