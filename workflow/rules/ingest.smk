rule ingest_cohort:
    """Read the raw files of a cohort, check them, and write its input tables."""
    input:
        raw_files,
    output:
        expand(
            "results/{{cohort}}/restricted/{table}.parquet",
            table=["patients", "visits", "events", "exposures"],
        ),
    log:
        "logs/{cohort}/ingest.log",
    params:
        cohort=cohort_digest,
        raw=raw_sha256,
        code=ingest_code(),
    message:
        "ingest {wildcards.cohort}"
    shell:
        """
        outcomes ingest --cohort {wildcards.cohort:q} 2>{log:q}
        """
