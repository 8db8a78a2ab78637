"""Report: rows of `estimates` as pages, tables and sentences; computes no statistics."""
