"""The set-up's scripts, run in a small copy of the checkout with fake tools."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.supervision.processes import ROOT

SYSTEM = "/usr/bin:/bin"
OLD_CLI = "#!/bin/sh\necho 'no such flag'\n"
NEW_CLI = "#!/bin/sh\necho '--sqlite-pragma'\n"
# Counts its builds, and takes as long as lets a second one run into it.
FAKE_GO = """#!/bin/sh
[ "$1" = version ] && echo "go version go1.26.0 linux/amd64" && exit
echo built >>"$BUILDS"
while [ $# -gt 1 ]; do [ "$1" = -o ] && target=$2; shift; done
sleep 0.5
printf '#!/bin/sh\\n' >"$target"
chmod +x "$target"
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout with scripts, without a virtual environment."""
    root = tmp_path / "checkout"
    shutil.copytree(ROOT / "scripts", root / "scripts")
    (root / "deploy" / "temporal").mkdir(parents=True)
    for name in ("pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        (root / name).write_text("")
    return root


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def environment(tmp_path: Path, **changes: str) -> dict[str, str]:
    return {
        "PATH": SYSTEM,
        "HOME": str(tmp_path / "home"),
        "HMC_CACHE": str(tmp_path / "cache"),
        "BUILDS": str(tmp_path / "builds"),
        **changes,
    }


def run(
    script: Path, env: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(script), *arguments], env=env, capture_output=True, text=True, check=False
    )


def test_a_cli_that_is_named_is_taken(copy: Path, tmp_path: Path) -> None:
    named = program(tmp_path / "mine", NEW_CLI)
    env = environment(tmp_path, TEMPORAL_CLI=str(named))
    assert run(copy / "scripts/temporal", env).stdout == f"{named}\n"


def test_a_name_without_a_program_is_an_error(copy: Path, tmp_path: Path) -> None:
    env = environment(tmp_path, TEMPORAL_CLI=str(tmp_path / "nothing"))
    refused = run(copy / "scripts/temporal", env)
    assert refused.returncode == 1
    assert "TEMPORAL_CLI names no program" in refused.stderr


@pytest.mark.parametrize(("text", "taken"), [(NEW_CLI, True), (OLD_CLI, False)])
def test_a_cli_on_the_path_must_know_our_flags(
    copy: Path, tmp_path: Path, text: str, taken: bool
) -> None:
    found = program(tmp_path / "bin/temporal", text)
    kept = program(tmp_path / "cache/temporal-cli-1.5.1/temporal", NEW_CLI)
    env = environment(tmp_path, PATH=f"{found.parent}:{SYSTEM}")
    chosen = found if taken else kept
    assert run(copy / "scripts/temporal", env).stdout == f"{chosen}\n"


def test_without_go_it_says_what_to_do(copy: Path, tmp_path: Path) -> None:
    if shutil.which("go", path=SYSTEM):
        pytest.skip("Go is among this system's own programs")
    refused = run(copy / "scripts/temporal", environment(tmp_path))
    assert refused.returncode == 1
    assert "Install Go 1.26 or newer" in refused.stderr


def test_two_that_build_at_once_build_one(copy: Path, tmp_path: Path) -> None:
    go = program(tmp_path / "bin/go", FAKE_GO)
    env = environment(tmp_path, PATH=f"{go.parent}:{SYSTEM}")
    script = str(copy / "scripts/temporal")
    both = [
        subprocess.Popen([script], env=env, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    kept = tmp_path / "cache/temporal-cli-1.5.1/temporal"
    assert [one.communicate()[0] for one in both] == [f"{kept}\n"] * 2
    assert (tmp_path / "builds").read_text() == "built\n"
    assert [path.name for path in kept.parent.iterdir()] == ["temporal"]


def test_a_failed_build_leaves_nothing(copy: Path, tmp_path: Path) -> None:
    failing = FAKE_GO.replace("chmod", "exit 1; chmod")
    go = program(tmp_path / "bin/go", failing)
    env = environment(tmp_path, PATH=f"{go.parent}:{SYSTEM}")
    refused = run(copy / "scripts/temporal", env)
    assert refused.returncode == 1
    assert "the build failed" in refused.stderr
    assert list((tmp_path / "cache/temporal-cli-1.5.1").iterdir()) == []


def test_a_missing_package_is_named_to_who_may_not_install(
    copy: Path, tmp_path: Path
) -> None:
    # A PATH with neither apt-get nor Maven is anybody's who is not root.
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "env", "dirname", "id", "cut"):
        (tools / name).symlink_to(str(shutil.which(name, path=SYSTEM)))
    refused = run(
        copy / "scripts/apt-packages", environment(tmp_path, PATH=str(tools)), "maven"
    )
    assert refused.returncode == 1
    assert "apt-get install maven" in refused.stderr


def test_the_virtual_environment_is_made_once_and_follows_its_lock(
    copy: Path, tmp_path: Path
) -> None:
    path = f"{Path(sys.executable).parent}:{SYSTEM}"
    env, script = environment(tmp_path, PATH=path), copy / "scripts/venv"
    assert "installing" in run(script, env, "dev").stderr
    assert run(script, env, "dev").stderr == ""
    assert run(script, env, "run").stderr == ""
    (copy / "requirements.lock").write_text("# another\n")
    assert "installing" in run(script, env, "run").stderr
    assert "installing" not in run(script, env, "run").stderr


def test_a_broken_virtual_environment_is_made_again(copy: Path, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}:{SYSTEM}"
    env, script = environment(tmp_path, PATH=path), copy / "scripts/venv"
    python = copy / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to("/nowhere/python3")
    assert "installing" in run(script, env, "run").stderr
    subprocess.run([str(python), "-m", "pip", "--version"], check=True)
