"""Files of the state folder: written whole, readable by their owner only."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.process.faults import CannotStart


def write_private(path: Path, text: str) -> None:
    """Replace a file (mode 0600); a reader sees the old or the new one."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def make_private_folder(path: Path) -> None:
    """Make the state folder, for its owner only: it holds keys and messages."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold a state folder; raise CannotStart while another centre has it."""
    with (path / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"Another centre runs with its state in {path}; "
                "stop it, or choose another folder with HMC_STATE_DIR."
            ) from None
        yield
