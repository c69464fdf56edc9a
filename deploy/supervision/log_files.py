"""The processes' log files: turned by size while their writers go on writing.

A writer holds its file open to append to, so once what is in it has been copied
aside, the file can be cut to nothing under it. A line that is written between the
copy's last octet and the cut, some microseconds, is lost; nobody ever waits for
whoever turns, as behind a pipe.
"""

import asyncio
import os
import shutil
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

_EVERY_SECONDS = 1.0


class LogFiles:
    """A folder of logs: each file so large, so many older ones beside it."""

    def __init__(self, folder: Path, largest: int, kept: int) -> None:
        self._folder = folder
        self._largest = largest
        self._kept = kept

    def path(self, name: str) -> Path:
        """Return where a process' log is."""
        return self._folder / f"{name}.log"

    def open(self, name: str) -> BinaryIO:
        """Open a log to append to; its owner alone reads it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        return os.fdopen(os.open(self.path(name), flags, 0o600), "ab")

    async def turn_for_ever(self) -> None:
        """Look after the files until cancelled."""
        while True:
            await asyncio.to_thread(self.turn)
            await asyncio.sleep(_EVERY_SECONDS)

    def turn(self) -> None:
        """Put aside what is too large; a disk without room keeps the newest only."""
        for path in self._folder.glob("*.log"):
            with suppress(OSError):
                if path.stat().st_size > self._largest:
                    self._turn(path)

    def _turn(self, path: Path) -> None:
        older = [path.with_name(f"{path.name}.{n}") for n in range(1, self._kept + 1)]
        older[-1].unlink(missing_ok=True)
        for newer, place in reversed(list(pairwise(older))):
            if newer.exists():
                newer.rename(place)
        try:
            _copy(path, older[0])
        except OSError:  # better without an older log than without room
            older[0].unlink(missing_ok=True)
        os.truncate(path, 0)


def _copy(path: Path, to: Path) -> None:
    descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with path.open("rb") as log, os.fdopen(descriptor, "wb", buffering=0) as copy:
        shutil.copyfileobj(log, copy)
