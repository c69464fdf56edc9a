"""The accounts at the providers: where, with which keys, what by default."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from core.models import Model

_KEY = r"^[\x21-\x7e]+$"


class AliyunAccount(Model):
    """An access key of Aliyun's short messages, and the signature it sends under."""

    base_url: str = "https://dysmsapi.aliyuncs.com"
    access_key_id: str = Field(pattern=_KEY)
    access_key_secret: SecretStr
    sign_name: str = Field(min_length=1)
    default_template: str | None = None


class WechatAccount(Model):
    """A WeChat service account."""

    base_url: str = "https://api.weixin.qq.com"
    appid: str = Field(pattern=_KEY)
    secret: SecretStr
    default_template: str | None = None


class WecomAccount(Model):
    """An application of a WeCom corporation."""

    base_url: str = "https://qyapi.weixin.qq.com"
    corpid: str = Field(pattern=_KEY)
    corpsecret: SecretStr
    agentid: int


class EmailAccount(Model):
    """A mailbox that sends; `security` is how the connection is encrypted."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "starttls"
    cafile: Path | None = None
    username: str | None = None
    password: SecretStr | None = None
    sender: str = Field(pattern=r"^[\x21-\x7e]+@[A-Za-z0-9.\-]+$")
    sender_name: str = ""

    @property
    def domain(self) -> str:
        """The sender's domain: what we greet as, and the end of Message-IDs."""
        return self.sender.rpartition("@")[2]


class WorkstationAccount(Model):
    """The gateway of the hospital's workstations."""

    base_url: str
    secret: SecretStr


class Accounts(Model):
    """Every provider we have an account at; a channel without one is not served."""

    sms: AliyunAccount | None = None
    wechat: WechatAccount | None = None
    wecom: WecomAccount | None = None
    email: EmailAccount | None = None
    workstation: WorkstationAccount | None = None


def sandbox_accounts(base_url: str, smtp_port: int) -> Accounts:
    """Return the accounts that point at the provider sandbox."""
    secret = SecretStr("sandbox-secret")
    return Accounts(
        sms=AliyunAccount(
            base_url=base_url,
            access_key_id="sandbox",
            access_key_secret=secret,
            sign_name="市第一医院",
            default_template="SMS_100000001",
        ),
        wechat=WechatAccount(
            base_url=base_url,
            appid="sandbox",
            secret=secret,
            default_template="sandbox-template",
        ),
        wecom=WecomAccount(
            base_url=base_url, corpid="sandbox", corpsecret=secret, agentid=1000002
        ),
        email=EmailAccount(
            host="127.0.0.1",
            port=smtp_port,
            security="none",
            username="sandbox",
            password=secret,
            sender="centre@hospital.example",
            sender_name="市第一医院",
        ),
        workstation=WorkstationAccount(base_url=base_url, secret=secret),
    )
