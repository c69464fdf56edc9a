"""Importing does nothing: no setting is needed, no file or socket is made."""

import subprocess
import sys
from pathlib import Path

from tests.house.source_tree import PACKAGED, ROOT, STARTERS

# Runs in a process of its own: imports what it is told, and tells what was made.
WATCH = """
import importlib, sys
made = []
def watch(event, args):
    if event in {"socket.__new__", "socket.connect", "socket.bind", "os.mkdir",
                 "sqlite3.connect", "subprocess.Popen", "os.system", "os.fork"}:
        made.append(f"{event} {args[-1]}")
    elif event == "open" and isinstance(args[2], int) and args[2] & 0o103:
        if str(args[0]) != "/dev/null":
            made.append(f"open for writing {args[0]}")
sys.path.insert(0, sys.argv[1])
sys.addaudithook(watch)
for name in sys.argv[2:]:
    before = len(made)
    importlib.import_module(name)
    if name != "nicegui":  # a library that looks for IPv6 when it is imported
        for line in made[before:]:
            print(name, line)
"""


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_importing_touches_nothing(tmp_path: Path) -> None:
    modules = ["nicegui", *(module(path) for path in [*PACKAGED, *STARTERS])]
    empty = tmp_path / "empty"
    empty.mkdir(mode=0o500)
    done = subprocess.run(
        [sys.executable, "-B", "-c", WATCH, str(ROOT), *modules],
        cwd=empty,
        env={},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == ""
    assert list(empty.iterdir()) == []


def test_the_watch_sees_files_and_sockets(tmp_path: Path) -> None:
    (tmp_path / "careless.py").write_text(
        "import os, socket\nos.mkdir('d')\nopen('f', 'w').close()\n"
        "socket.socket().close()\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", WATCH, str(tmp_path), "careless"],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert [line.split()[1] for line in done.stdout.splitlines()] == [
        "os.mkdir",
        "open",
        "socket.__new__",
    ]
