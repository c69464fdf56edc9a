"""Settings that are wrong: one line that names the fault, before anything starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.process.faults import CannotStart
from core.settings import Settings
from deploy.configured import check_accounts, read_settings
from deploy.doctor import CHECKS, Doubtful, Ill
from deploy.supervision.processes import ROOT
from tests.support.ports import free_ports

SECRET = "hunter2"
GOOD = f"workstation: {{base_url: 'http://127.0.0.1:1', secret: {SECRET}}}\n"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.upper().startswith("HMC_")]:
        monkeypatch.delenv(name)


def accounts_file(folder: Path, content: str) -> Path:
    path = folder / "accounts.yaml"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (f"sms: {{secret: {SECRET}\nwechat: [", "not YAML: see line 2, column"),
        ("", "Accounts: an account, or a list of them, by channel"),
        (f"workstation: {{base_url: {SECRET}}}", "workstation.secret: Field required"),
        (GOOD.replace("}", ", sekret: 1}"), "workstation.sekret: Extra inputs are"),
        (GOOD.replace("}", f", {SECRET} 1: 2}}"), "workstation.(no name): Extra"),
        (GOOD.replace("}", f", provider: {SECRET}}}"), "workstation.provider: not one"),
        (f"pigeon: {{secret: {SECRET}}}", "pigeon: there is no such channel"),
        (f"{SECRET}: {{}}", "(no name): there is no such channel"),
    ],
)
def test_an_accounts_file_that_is_wrong_is_named_in_one_line(
    tmp_path: Path, content: str, told: str
) -> None:
    path = accounts_file(tmp_path, content)
    with pytest.raises(CannotStart) as refused:
        check_accounts(path)
    text = str(refused.value)
    assert text.startswith(f"HMC_ACCOUNTS_FILE: {path}: {told}")
    assert len(text.splitlines()) == 1
    assert SECRET not in text


@pytest.mark.parametrize("command", ["up", "api", "worker", "console"])
def test_nothing_starts_with_a_missing_accounts_file(
    tmp_path: Path, command: str
) -> None:
    path = tmp_path / "accounts.yaml"
    done = subprocess.run(
        [sys.executable, "cli.py", command],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "HMC_STATE_DIR": str(tmp_path / "var"),
            "HMC_ACCOUNTS_FILE": str(path),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    fault = "can't be read: No such file or directory"
    assert done.stdout + done.stderr == f"HMC_ACCOUNTS_FILE: {path}: {fault}\n"


async def test_the_doctor_warns_of_the_sandboxs_accounts_on_an_open_address(
    tmp_path: Path,
) -> None:
    shut, wide = Settings(), Settings(host="0.0.0.0")
    assert "sandbox" in await CHECKS["accounts"](shut)
    with pytest.raises(Doubtful, match="anybody can forge; set HMC_ACCOUNTS_FILE"):
        await CHECKS["accounts"](wide)
    own = accounts_file(tmp_path, GOOD)
    told = await CHECKS["accounts"](Settings(host="0.0.0.0", accounts_file=own))
    assert told.startswith("1 in")


async def test_the_doctor_looks_at_the_accounts_file(tmp_path: Path) -> None:
    path = accounts_file(tmp_path, GOOD)
    settings = Settings(accounts_file=path, state_dir=tmp_path)
    assert await CHECKS["accounts"](settings) == f"1 in {path}"
    path.chmod(0o640)
    with pytest.raises(Doubtful, match="has mode 640; others may read it"):
        await CHECKS["accounts"](settings)
    path.unlink()
    with pytest.raises(Ill, match="HMC_ACCOUNTS_FILE"):
        await CHECKS["accounts"](settings)


async def test_a_temporal_elsewhere_is_not_to_be_started_here() -> None:
    (port,) = free_ports(1)
    settings = Settings(temporal_address=f"127.0.0.1:{port}")
    with pytest.raises(Ill, match="check HMC_TEMPORAL_ADDRESS") as ill:
        await CHECKS["temporal"](settings)
    assert "hmc up" not in str(ill.value)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ROUTING", "{hunter2", "not JSON from character 2 on; an example is {"),
        ("ROUTING", '{"slow_call": 3}', "slow_call: there is no such key"),
        ("ROUTING", '{"hunter2": 3}', "(a key that is no name): there is no"),
        ("ROUTING", '{"errors": "hunter2"}', "errors: Input should be a valid int"),
        ("LOG_LEVEL", "hunter2", "Input should be 'debug', 'info', 'warning' or"),
        ("DATABASE_URL", "hunter2", "give postgresql+psycopg://user:password@host/"),
        ("DATABASE_URL", "mysql://u:hunter2@db/x", "give postgresql+psycopg://user"),
    ],
)
def test_a_wrong_variable_is_told_in_one_line_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(f"HMC_{name}", value)
    with pytest.raises(CannotStart) as refused:
        read_settings()
    text = str(refused.value)
    assert text.startswith(f"HMC_{name}: {told}")
    assert len(text.splitlines()) == 1
    assert SECRET not in text
