"""Competing risks on arrays: incidences, Gray's test, subdistribution hazards.

A cause is a whole number: 0 is censored, 1 to K are the causes of which only the first can be seen.
"""
