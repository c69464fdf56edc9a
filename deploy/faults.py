"""Why a centre does not start."""

from core.faults import CannotStart

__all__ = ["CannotStart"]
