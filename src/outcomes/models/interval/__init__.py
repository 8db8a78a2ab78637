"""Times to an event of which only an interval is known: Turnbull's estimator, Sun's test, Weibull regression.

Arrays in, frozen dataclasses out; nothing here knows of patients, arms or tables.
"""
