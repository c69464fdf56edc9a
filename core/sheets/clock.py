"""How long a list may take to read."""

import time

from core.errors import TooLarge

# Ten thousand lines of a hundred columns take a third of it.
SECONDS = 10.0


class Clock:
    """Ends what takes longer than any list of recipients does.

    It counts the seconds that this thread was at work, not those it waited.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._end = time.thread_time() + seconds

    def check(self) -> None:
        """Raise TooLarge when the time is over."""
        if time.thread_time() > self._end:
            raise TooLarge("The file takes too long to read; split it.")
