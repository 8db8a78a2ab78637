rule ingest_cohort:
    """Read the raw files of a cohort, check them, and write its input tables."""
    input:
        raw_files,
    output:
        tables=expand(
            "results/{{cohort}}/restricted/{table}.parquet",
            table=["patients", "visits", "events", "exposures"],
        ),
        notes="results/{cohort}/restricted/notes.json",
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
