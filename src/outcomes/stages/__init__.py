"""Stages: one module per rule of the workflow; each reads, calls the science, checks and writes."""
