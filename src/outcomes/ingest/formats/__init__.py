"""Readers of raw files, one module per kind of format."""

READERS = {
    "csv": "outcomes.ingest.formats.delimited:read_delimited",
    "tsv": "outcomes.ingest.formats.delimited:read_delimited",
    "parquet": "outcomes.ingest.formats.parquet:read_parquet",
    "excel": "outcomes.ingest.formats.excel:read_excel",
    "sas_xport": "outcomes.ingest.formats.statistical:read_sas_xport",
    "sas7bdat": "outcomes.ingest.formats.statistical:read_sas",
    "spss": "outcomes.ingest.formats.statistical:read_spss",
    "stata": "outcomes.ingest.formats.statistical:read_stata",
    "redcap": "outcomes.ingest.formats.redcap:read_redcap",
    "dataset_json": "outcomes.ingest.formats.dataset_json:read_dataset_json",
}
"""By `files.<name>.format`, ``module:function``; a new format is one function and one line here."""
