"""Fetches a Temporal binary the way the Python SDK does, into an empty folder.

`python -m deploy.download FOLDER temporal VERSION` (or `FOLDER test-server`)
prints its path; where the SDK's address can't be reached it ends with 1.
"""

import asyncio
import os
import sys
from pathlib import Path

from temporalio.testing import WorkflowEnvironment


async def download(folder: Path, what: str, version: str = "default") -> Path:
    """Return the binary; the SDK fetches it in starting it once."""
    if what == "temporal":
        environment = await WorkflowEnvironment.start_local(
            download_dest_dir=str(folder), dev_server_download_version=f"v{version}"
        )
    else:
        environment = await WorkflowEnvironment.start_time_skipping(
            download_dest_dir=str(folder)
        )
    await environment.shutdown()
    return _program(folder)


def _program(folder: Path) -> Path:
    """Return the one program in a folder."""
    return next(path for path in folder.iterdir() if os.access(path, os.X_OK))


def main(folder: str, *what: str) -> int:
    """Print the path, or why there is none."""
    try:
        path = asyncio.run(download(Path(folder), *what))
    except RuntimeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    status = main(*sys.argv[1:])
    sys.stdout.flush()
    # The SDK's threads may abort an interpreter that ends right after a server.
    os._exit(status)
