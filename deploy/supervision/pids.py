"""The file that says which process id each process of a centre has."""

import contextlib
import json
from pathlib import Path

from deploy.files import write_private


class PidFile:
    """`{name: pid}` as JSON, always whole on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pids: dict[str, int] = {}

    def put(self, name: str, pid: int) -> None:
        self._pids[name] = pid
        self._write()

    def drop(self, name: str) -> None:
        if self._pids.pop(name, None) is not None:
            self._write()

    def remove(self) -> None:
        self._pids.clear()
        self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        # A full disk must not end the supervisor: the processes matter more.
        with contextlib.suppress(OSError):
            write_private(self._path, json.dumps(self._pids))
