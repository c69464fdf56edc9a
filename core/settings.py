"""What differs between installations; read once, where a process starts."""

import ipaddress
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.rate_limits import SLOWEST
from core.traffic_shares import RoutingRules

_DATABASES = ("postgresql+psycopg://", "sqlite+aiosqlite:///")


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)
]


class Settings(BaseSettings):
    """One value per environment variable, prefix HMC_."""

    model_config = SettingsConfigDict(
        env_prefix="HMC_",
        frozen=True,
        # `HMC_ADMIN_PASSWORD=` in a compose file means unset, not an empty password.
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    state_dir: Path = Path("var")
    admin_password: str | None = Field(default=None, repr=False)
    host: str = "127.0.0.1"
    api_port: int = 8000
    temporal_port: int = 7233
    temporal_ui_port: int = 8233
    sandbox_port: int = 9000
    sandbox_smtp_port: int = 0  # 0: the sandbox port + 25
    sandbox_cmpp_port: int = 0  # 0: the sandbox port + 1026
    sandbox_smpp_port: int = 0  # 0: the sandbox port + 2027
    # Whether the sandbox reports to this centre what became of each message.
    sandbox_receipts: bool = True
    temporal_address: str | None = None
    temporal_namespace: str = "default"
    database_url: str | None = Field(default=None, repr=False)
    public_url: str | None = None
    # The accounts at the providers, as YAML; without it, the sandbox's.
    accounts_file: Path | None = None
    # When traffic moves between a channel's accounts, as JSON (core/traffic_shares.py).
    routing: RoutingRules = RoutingRules()
    log_level: LogLevel = "info"
    # What `hmc up` keeps of each process' log: so large a file, so many older ones.
    log_megabytes: float = Field(default=20, ge=0.01, le=10_000)
    log_files: int = Field(default=5, ge=1, le=100)
    # The hospital's zone: quiet hours, windows and holidays are in it.
    timezone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    # Reverse proxies whose X-Forwarded-For is believed; nobody's by default.
    trusted_proxies: str | None = None
    # Networks that may read /metrics, with commas between; unset: everybody.
    metrics_from: str | None = None
    # How often a worker reads which clients, queues and accounts hold.
    follow_seconds: float = Field(default=2, ge=0.05, le=4)
    # How often queues are sampled and watched, and what failed is sent again.
    watch_seconds: float = Field(default=10, ge=0.5, le=60)
    # The window in which a failed message waits for a resend.
    resend_window_hours: float = Field(default=72, gt=0, le=24 * 90)

    # A batch goes out so fast where its sender names no rate of its own.
    batch_rate: float = Field(default=20, ge=SLOWEST, le=1000)

    # What a provider said of an address (blocked, invalid) is believed so long.
    standing_fade_days: float = Field(default=30, gt=0, le=3650)

    # 0: the console is served at /console by the API's process.
    console_port: int = 0
    # A session of the console ends after this time without anything done.
    console_idle_minutes: float = Field(default=10, gt=0, le=720)
    # A password holds so many days (0: for ever); so many old ones stay barred.
    password_days: int = Field(default=90, ge=0, le=3650)
    password_history: int = Field(default=5, ge=0, le=24)
    # "required": who has no second factor may do nothing but turn one on.
    second_factor: Literal["optional", "required"] = "optional"
    # Where the console reaches Temporal's Web UI, which it shows below /console.
    temporal_ui_url: str | None = None

    @field_validator("database_url")
    @classmethod
    def _of_a_known_store(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(_DATABASES):
            raise ValueError(
                "give postgresql+psycopg://user:password@host/database, "
                "or sqlite+aiosqlite:////folder/file.db"
            )
        return value

    @field_validator("temporal_ui_url")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        known = parts.scheme in ("http", "https") and parts.port != 0
        if not known or not parts.hostname:
            raise ValueError("give http://host:port, as the console reaches it")
        return value

    @field_validator("metrics_from")
    @classmethod
    def _of_networks(cls, value: str | None) -> str | None:
        try:
            for network in value.split(",") if value else ():
                ipaddress.ip_network(network.strip())
        except ValueError:
            raise ValueError(
                "give networks such as 10.1.0.0/16, with commas between"
            ) from None
        return value

    @property
    def metrics_networks(self) -> tuple[str, ...] | None:
        """The networks that may read the figures; None: everybody."""
        if self.metrics_from is None:
            return None
        return tuple(network.strip() for network in self.metrics_from.split(","))

    @property
    def standing_fade(self) -> timedelta:
        """How long a provider's refusal of an address is believed."""
        return timedelta(days=self.standing_fade_days)

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches API and console."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def temporal(self) -> str:
        """The address of Temporal's gRPC front end."""
        return self.temporal_address or f"127.0.0.1:{self.temporal_port}"

    @property
    def database(self) -> str:
        """The SQLAlchemy address of the store; SQLite in the state folder."""
        default = f"sqlite+aiosqlite:///{self.state_dir.resolve()}/centre.db"
        return self.database_url or default

    @property
    def keys_file(self) -> Path:
        """Where the keys lie that every process of this centre shares."""
        return self.state_dir / "keys.json"

    @property
    def base_url(self) -> str:
        """Where recipients' phones reach the detail page."""
        return (self.public_url or f"http://127.0.0.1:{self.api_port}").rstrip("/")

    @property
    def temporal_ui(self) -> str:
        """Where the console reaches Temporal's own pages."""
        default = f"http://127.0.0.1:{self.temporal_ui_port}"
        return (self.temporal_ui_url or default).rstrip("/")

    @property
    def smtp_port(self) -> int:
        """The port of the sandbox's SMTP server."""
        return self.sandbox_smtp_port or self.sandbox_port + 25

    @property
    def cmpp_port(self) -> int:
        """The port of the sandbox's CMPP gateway."""
        return self.sandbox_cmpp_port or self.sandbox_port + 1026

    @property
    def smpp_port(self) -> int:
        """The port of the sandbox's SMPP message centre."""
        return self.sandbox_smpp_port or self.sandbox_port + 2027
