"""The files of the set-up agree with each other and are safe to run."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from channels.account_file import read_accounts
from channels.provider import SandboxPorts
from channels.registry import sandbox_accounts
from deploy.supervision.processes import ROOT
from deploy.temporal_server import DYNAMIC_CONFIG

SHARED = ROOT / "scripts/lib.sh"
RUNNABLE = sorted(path for path in (ROOT / "scripts").iterdir() if path != SHARED)
RUNNABLE += [ROOT / "hmc", ROOT / ".ci/run"]
ALL = [SHARED, *RUNNABLE]


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def pins(lock: str) -> set[str]:
    text = (ROOT / lock).read_text()
    return set(re.findall(r"^[a-z0-9][^ \n]*==[^ \n]+", text, re.MULTILINE))


@pytest.mark.parametrize("path", ALL, ids=short)
def test_a_script_parses_and_stops_at_errors(path: Path) -> None:
    subprocess.run(["bash", "-n", str(path)], check=True)
    text = path.read_text()
    assert "set -euo pipefail" in text or "lib.sh" in text.splitlines()[2]


@pytest.mark.parametrize("path", RUNNABLE, ids=short)
def test_a_script_can_be_run_from_anywhere(path: Path) -> None:
    assert path.stat().st_mode & 0o111
    assert path.read_text().startswith("#!/usr/bin/env bash\n")


@pytest.mark.parametrize(
    "lock",
    ["requirements-dev.lock", "requirements-bench.lock", "requirements-fuzz.lock"],
)
def test_a_larger_lock_holds_what_runs_in_the_same_versions(lock: str) -> None:
    assert pins("requirements.lock") <= pins(lock)


@pytest.mark.parametrize("lock", sorted(p.name for p in ROOT.glob("*.lock")))
def test_every_pinned_package_has_its_hash(lock: str) -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", (ROOT / lock).read_text())
    packages = [block for block in blocks if "==" in block.splitlines()[0]]
    assert packages
    assert [p.splitlines()[0] for p in packages if "--hash=sha256:" not in p] == []


def test_the_cli_is_built_in_the_version_its_script_says() -> None:
    script = (ROOT / "scripts/temporal").read_text()
    required = (ROOT / "deploy/temporal/go.mod").read_text()
    version = re.findall(r"^version=(.+)$", script, re.MULTILINE)
    assert re.findall(r"github.com/temporalio/cli v(\S+)", required) == version


def test_the_test_server_is_fetched_in_the_version_its_script_says() -> None:
    script = (ROOT / "scripts/test-server").read_text()
    pom = (ROOT / "deploy/test-server/pom.xml").read_text()
    version = re.findall(r"temporal-test-server-([0-9.]+)$", script, re.MULTILINE)
    assert (
        re.findall(r"temporal-test-server</artifactId>\s*<version>([0-9.]+)<", pom)
        == version
    )


def test_make_lists_every_target() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    shown = subprocess.run(
        ["make", "-C", str(ROOT), "--no-print-directory"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert re.findall(r"make ([a-z]+) ", shown) == targets


def test_a_server_of_the_hospitals_own_gets_the_same_dynamic_config() -> None:
    given = yaml.safe_load((ROOT / "deploy/temporal/dynamic.yaml").read_text())
    own = {key: values[0]["value"] for key, values in given.items()}
    # Only a dev server reads its search attributes again for every request.
    ours_alone = {"system.forceSearchAttributesCacheRefreshOnRead"}
    assert own.keys() == DYNAMIC_CONFIG.keys() - ours_alone
    assert own.items() <= DYNAMIC_CONFIG.items()


def compose() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load(
        (ROOT / "docker-compose.yml").read_text()
    )["services"]
    return services


def test_compose_takes_every_secret_from_outside() -> None:
    for service in compose().values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name or "PWD" in name or "DATABASE_URL" in name:
                assert ":?" in value


def test_compose_pins_what_it_does_not_build() -> None:
    foreign = [s["image"] for s in compose().values() if "build" not in s]
    assert foreign
    assert all(re.search(r":\d+\.\d+", image) for image in foreign)


def test_the_sandbox_of_compose_has_an_account_per_provider() -> None:
    given = yaml.safe_load((ROOT / "deploy/accounts.sandbox.yaml").read_text())
    built_in = sandbox_accounts(SandboxPorts("http://sandbox:9000", 9025))
    assert set(read_accounts(given)) == {a for a in built_in if a.enabled}
