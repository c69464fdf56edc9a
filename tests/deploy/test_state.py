"""The state folder, the ports and the settings of a centre's processes."""

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core.process.faults import CannotStart
from core.settings import Settings
from deploy.credentials import admin_password, client_key, first_password, keep
from deploy.files import file_lock, make_private_folder, write_private
from deploy.supervision import ports, processes
from tests.support.centre.running import free_settings

PRINT_SETTINGS = (
    "from core.settings import Settings; print(Settings().model_dump_json())"
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    write_private(path, "old and longer")
    write_private(path, "new")
    assert path.read_text() == "new"
    assert mode(path) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["secret"]


def test_the_state_folder_is_its_owners_only(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "a" / "var")
    assert mode(tmp_path / "a" / "var") == 0o700


def test_a_state_folder_has_one_centre_at_a_time(tmp_path: Path) -> None:
    second = pytest.raises(CannotStart, match="HMC_STATE_DIR")
    with file_lock(tmp_path), second, file_lock(tmp_path):
        pass
    with file_lock(tmp_path):
        pass


def test_a_taken_port_is_named_with_its_variable(tmp_path: Path) -> None:
    settings = free_settings(tmp_path)
    ports.require_free(list(ports.needed(settings)))
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.sandbox_port))
        other.listen()
        with pytest.raises(CannotStart) as refused:
            ports.require_free(list(ports.needed(settings)))
    assert str(refused.value).splitlines() == [
        f"Port {settings.sandbox_port} (sandbox) is taken; "
        "choose another with HMC_SANDBOX_PORT."
    ]


def test_two_parts_can_not_have_one_port(tmp_path: Path) -> None:
    settings = free_settings(tmp_path)
    settings = settings.model_copy(update={"api_port": settings.temporal_ui_port})
    with pytest.raises(CannotStart, match=r"HMC_API_PORT\.\n.*HMC_TEMPORAL_UI_PORT"):
        ports.require_free(list(ports.needed(settings)))


def test_a_temporal_elsewhere_needs_no_port_here(tmp_path: Path) -> None:
    settings = free_settings(tmp_path, temporal_address="temporal.example:7233")
    names = {port.variable for port in ports.needed(settings)}
    sandbox = ("SANDBOX", "SANDBOX_SMTP", "SANDBOX_CMPP", "SANDBOX_SMPP")
    assert names == {f"HMC_{name}_PORT" for name in ("API", *sandbox)}
    started = [process.name for process in processes.centre(settings, None)]
    assert started == ["sandbox", "api", "worker"]


def test_a_process_reads_the_settings_it_was_started_with(tmp_path: Path) -> None:
    settings = free_settings(tmp_path, log_level="error", resend_window_hours=1.5)
    told = processes.environment(settings)
    read = subprocess.run(
        [sys.executable, "-c", PRINT_SETTINGS],
        env={"PATH": os.environ["PATH"], **told},
        cwd=processes.ROOT,
        capture_output=True,
        check=True,
    ).stdout
    assert Settings.model_validate_json(read) == settings


def test_processes_never_see_the_administrators_password(tmp_path: Path) -> None:
    settings = free_settings(tmp_path, admin_password="not for the worker")
    for process in processes.centre(settings, Path("/bin/temporal")):
        assert "not for the worker" not in process.environment.values()
        assert "not for the worker" not in " ".join(process.command)


def test_a_generated_password_is_kept_and_found_again(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path)
    with pytest.raises(CannotStart, match="HMC_ADMIN_PASSWORD"):
        admin_password(settings)
    password = first_password(settings)
    assert len(password) >= 20
    assert first_password(settings) == admin_password(settings) == password
    assert mode(tmp_path / "admin-password") == 0o600


def test_a_password_that_was_given_is_not_written_down(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, admin_password="given by somebody")
    assert first_password(settings) == admin_password(settings) == "given by somebody"
    assert list(tmp_path.iterdir()) == []


def test_clients_keys_are_added_to_those_kept(tmp_path: Path) -> None:
    keep(tmp_path, {"his": {"appkey": "k1", "appsecret": "s1"}})
    keep(tmp_path, {"lis": {"appkey": "k2", "appsecret": "s2"}})
    assert client_key(tmp_path, "his") == ("k1", "s1")
    assert client_key(tmp_path, "lis") == ("k2", "s2")
    assert mode(tmp_path / "clients.json") == 0o600
    assert json.loads((tmp_path / "clients.json").read_text()).keys() == {"his", "lis"}
    with pytest.raises(CannotStart, match="no client pacs"):
        client_key(tmp_path, "pacs")
