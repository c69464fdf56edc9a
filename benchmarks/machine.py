"""What was measured on: the machine, and the versions of everything."""

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.support.stores.postgres import server_program

_PACKAGES = ("temporalio", "fastapi", "sqlalchemy", "httpx", "celery")


def machine() -> dict[str, str]:
    """Return the lines that say where and when."""
    return {
        "Date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "Processor": f"{_processor()}, {os.cpu_count()} cores",
        "Memory": f"{_memory_gib():.0f} GiB",
        "System": f"{platform.system()} {platform.release()}",
        "Python": f"{platform.python_version()}; {_packages()}",
    }


def load() -> str:
    """Return the load averages of 1, 5 and 15 minutes; others' work is in them."""
    return "{:.1f}, {:.1f}, {:.1f}".format(*os.getloadavg())


def said(*command: str) -> str:
    """Return a program's first line about its version."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return (done.stdout or done.stderr).splitlines()[0].strip()


def postgres_version() -> str:
    """Return what PostgreSQL says of itself."""
    return said(str(server_program("postgres")), "--version")


def _processor() -> str:
    found = re.search(
        r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE
    )
    return found[1].strip() if found else platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _packages() -> str:
    return ", ".join(filter(None, map(_package, _PACKAGES)))


def _package(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return ""
