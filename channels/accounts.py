"""The accounts at the providers: where, with which keys, what by default."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr

from channels.provider import SandboxPorts
from core.base import Model

_KEY = r"^[\x21-\x7e]+$"
_SANDBOX_KEY, _SANDBOX_SECRET = "sandbox", "sandbox-secret"


class AliyunKey(Model):
    """What an account of Aliyun signs with, and where it calls."""

    base_url: str
    access_key_id: str = Field(pattern=r"^[\x21-\x7e]+$")
    access_key_secret: SecretStr


class AliyunAccount(AliyunKey):
    """An access key of Aliyun's short messages, and the signature it sends under."""

    base_url: str = "https://dysmsapi.aliyuncs.com"
    sign_name: str = Field(min_length=1)
    default_template: str | None = None

    @classmethod
    def sandbox(cls, ports: SandboxPorts) -> Self:
        """Return the account that the sandbox knows."""
        return cls(
            base_url=ports.url,
            access_key_id=_SANDBOX_KEY,
            access_key_secret=SecretStr(_SANDBOX_SECRET),
            sign_name="市第一医院",
            default_template="SMS_100000001",
        )


class WechatAccount(Model):
    """A WeChat service account; `callbacks` is how WeChat reports to us."""

    base_url: str = "https://api.weixin.qq.com"
    appid: str = Field(pattern=_KEY)
    secret: SecretStr
    default_template: str | None = None
    callbacks: Literal["plain", "safe"] = "plain"

    @classmethod
    def sandbox(cls, ports: SandboxPorts) -> Self:
        """Return the account that the sandbox knows."""
        return cls(
            base_url=ports.url,
            appid=_SANDBOX_KEY,
            secret=SecretStr(_SANDBOX_SECRET),
            default_template="sandbox-template",
        )


class WecomAccount(Model):
    """An application of a WeCom corporation."""

    base_url: str = "https://qyapi.weixin.qq.com"
    corpid: str = Field(pattern=_KEY)
    corpsecret: SecretStr
    agentid: int

    @classmethod
    def sandbox(cls, ports: SandboxPorts) -> Self:
        """Return the account that the sandbox knows."""
        return cls(
            base_url=ports.url,
            corpid=_SANDBOX_KEY,
            corpsecret=SecretStr(_SANDBOX_SECRET),
            agentid=1000002,
        )


class EmailAccount(Model):
    """A mailbox that sends; `security` is how the connection is encrypted.

    `bounces` is where mail that could not be delivered goes back to, as the
    sending's own `name+<id>@`; without it, to the sender.
    """

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "starttls"
    cafile: Path | None = None
    username: str | None = None
    password: SecretStr | None = None
    sender: str = Field(pattern=r"^[\x21-\x7e]+@[A-Za-z0-9.\-]+$")
    sender_name: str = ""
    bounces: str | None = Field(
        default=None, pattern=r"^[\x21-\x2a\x2c-\x7e]{1,20}@[A-Za-z0-9.\-]+$"
    )

    @property
    def domain(self) -> str:
        """The sender's domain: what we greet as, and the end of Message-IDs."""
        return self.sender.rpartition("@")[2]

    @classmethod
    def sandbox(cls, ports: SandboxPorts) -> Self:
        """Return the account that the sandbox knows."""
        return cls(
            host=ports.host,
            port=ports.smtp,
            security="none",
            username=_SANDBOX_KEY,
            password=SecretStr(_SANDBOX_SECRET),
            sender="centre@hospital.example",
            sender_name="市第一医院",
            bounces="bounce@hospital.example",
        )


class WorkstationAccount(Model):
    """The gateway of the hospital's workstations."""

    base_url: str
    secret: SecretStr

    @classmethod
    def sandbox(cls, ports: SandboxPorts) -> Self:
        """Return the account that the sandbox knows."""
        return cls(base_url=ports.url, secret=SecretStr(_SANDBOX_SECRET))
