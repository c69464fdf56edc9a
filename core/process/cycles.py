"""Python's search for garbage in cycles, which stops all else in a process."""

import gc

# Allocations between two searches, in each generation: by Python's own (700, 10, 10)
# they are a twentieth of a message's CPU.
_THRESHOLDS = (20_000, 20, 50)


def search_seldom() -> None:
    """Leave what is loaded by now out of every search, and search more seldom.

    Else a request that makes many small values may have the whole program looked
    through: a fifth of a second in which nobody is answered.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
