"""Settings: api.md's variables and their defaults."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from core.settings import Settings


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [n for n in os.environ if n.upper().startswith("HMC_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_defaults() -> None:
    settings = Settings()
    assert settings.state_dir == Path("var")
    assert settings.admin_password is None
    assert (settings.api_port, settings.temporal_port) == (8000, 7233)
    assert (settings.temporal_ui_port, settings.sandbox_port) == (8233, 9000)
    assert settings.temporal == "127.0.0.1:7233"
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.resend_window_hours == 72
    assert settings.smtp_port == 9025
    assert (settings.cmpp_port, settings.smpp_port) == (10026, 11027)


def test_the_store_is_sqlite_in_the_state_folder(tmp_path: Path) -> None:
    where = f"sqlite+aiosqlite:///{tmp_path.resolve()}/var/centre.db"
    assert Settings().database == where
    assert not (tmp_path / "var").exists(), "reading settings makes nothing"


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HMC_STATE_DIR", "/srv/hmc")
    monkeypatch.setenv("HMC_API_PORT", "8100")
    monkeypatch.setenv("HMC_TEMPORAL_PORT", "7333")
    monkeypatch.setenv("HMC_SANDBOX_PORT", "9100")
    settings = Settings()
    assert settings.state_dir == Path("/srv/hmc")
    assert settings.base_url == "http://127.0.0.1:8100"
    assert settings.temporal == "127.0.0.1:7333"
    assert settings.smtp_port == 9125
    assert (settings.cmpp_port, settings.smpp_port) == (10126, 11127)
    monkeypatch.setenv("HMC_TEMPORAL_ADDRESS", "temporal:7233")
    monkeypatch.setenv("HMC_DATABASE_URL", "postgresql+psycopg://db/hmc")
    monkeypatch.setenv("HMC_PUBLIC_URL", "https://xx.example/")
    monkeypatch.setenv("HMC_SANDBOX_SMTP_PORT", "2525")
    settings = Settings()
    assert settings.temporal == "temporal:7233"
    assert settings.database == "postgresql+psycopg://db/hmc"
    assert settings.base_url == "https://xx.example"
    assert settings.smtp_port == 2525


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ADMIN_PASSWORD", "API_PORT", "DATABASE_URL", "STATE_DIR"):
        monkeypatch.setenv(f"HMC_{name}", "")
    settings = Settings()
    assert settings.admin_password is None
    assert settings.api_port == 8000
    assert settings.database.startswith("sqlite")


def test_settings_do_not_show_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HMC_ADMIN_PASSWORD", "hunter2")
    monkeypatch.setenv("HMC_DATABASE_URL", "postgresql+psycopg://u:hunter2@db/hmc")
    assert "hunter2" not in repr(Settings())


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().api_port = 1


@pytest.mark.parametrize("level", ["debug", "INFO", "Warning", "error"])
def test_a_log_level_is_read_in_either_case(
    monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    monkeypatch.setenv("HMC_LOG_LEVEL", level)
    assert Settings().log_level == level.lower()


@pytest.mark.parametrize("hours", ["0", "-1", "nan", "100000"])
def test_the_resend_window_is_bounded(
    monkeypatch: pytest.MonkeyPatch, hours: str
) -> None:
    monkeypatch.setenv("HMC_RESEND_WINDOW_HOURS", hours)
    with pytest.raises(ValidationError):
        Settings()


def test_temporals_pages_are_looked_for_at_the_dev_servers_port(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HMC_TEMPORAL_UI_PORT", "8333")
    assert Settings().temporal_ui == "http://127.0.0.1:8333"
    monkeypatch.setenv("HMC_TEMPORAL_UI_URL", "http://temporal-ui:8080/")
    assert Settings().temporal_ui == "http://temporal-ui:8080"
    monkeypatch.setenv("HMC_TEMPORAL_UI_URL", "https://temporal.example/ui")
    assert Settings().temporal_ui == "https://temporal.example/ui"


@pytest.mark.parametrize(
    "address",
    ["temporal-ui:8080", "ftp://ui", "http://", "http://ui:port", "http://[", "/ui"],
)
def test_where_temporals_pages_are_is_an_address(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HMC_TEMPORAL_UI_URL", address)
    with pytest.raises(ValidationError):
        Settings()
