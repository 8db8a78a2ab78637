"""Compare combined with single-modality treatment of mental-health conditions."""

__version__ = "0.1.0"
