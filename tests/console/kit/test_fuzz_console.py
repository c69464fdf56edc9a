"""No request of 64 kB holds the event loop of the console, or breaks it."""

import json
import subprocess
import sys
from pathlib import Path

from deploy.supervision.processes import ROOT


def test_the_consoles_own_addresses(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.support.console.holds",
        str(tmp_path / "var"),
    ]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    count, held = json.loads(done.stdout.splitlines()[-1])
    assert count > 500
    assert held == []
