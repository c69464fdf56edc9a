"""Client systems as they are registered, changed and shown."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from centre.clients.checks import Callback
from core.base import Model
from core.fields import Code
from core.text.plain_text import PlainText
from core.words import USUAL_SCOPES, Scope


class Client(Model):
    """A client system. Tokens of an older `epoch` are revoked."""

    code: str
    appkey: str
    name: str
    enabled: bool = True
    scopes: frozenset[Scope]
    message_types: frozenset[str] | None = None
    cidrs: tuple[str, ...] = ()
    rate_per_minute: int | None = None
    callback: Callback | None = None
    created_at: datetime
    last_used_at: datetime | None = None
    epoch: int = 1


class ClientDraft(Model):
    """A client system to create; `message_types` None allows every type."""

    code: Code
    name: PlainText = Field(min_length=1, max_length=128)
    scopes: frozenset[Scope] = USUAL_SCOPES
    message_types: frozenset[Code] | None = Field(default=None, max_length=500)
    cidrs: tuple[str, ...] = Field(default=(), max_length=64)
    rate_per_minute: int | None = Field(default=None, ge=1, le=1_000_000)
    callback: Callback | None = None


class ClientChanges(Model):
    """What to change of a client; fields left out stay."""

    name: PlainText = Field(default="", min_length=1, max_length=128)
    enabled: bool = True
    scopes: frozenset[Scope] = frozenset()
    message_types: frozenset[Code] | None = Field(default=None, max_length=500)
    cidrs: tuple[str, ...] = Field(default=(), max_length=64)
    rate_per_minute: int | None = Field(default=None, ge=1, le=1_000_000)
    callback: Callback | None = None


class Authenticated(Client):
    """A client that has shown its secret: this one."""

    secret_id: UUID


class NewClient(Model):
    """A client just created, with the secrets that are shown this once."""

    client: Client
    appkey: str
    appsecret: str = Field(repr=False)
    callback_secret: str | None = Field(default=None, repr=False)


class NewSecret(Model):
    """A further secret of a client; the older ones end at `old_expire_at`."""

    id: UUID
    appkey: str
    appsecret: str = Field(repr=False)
    old_expire_at: datetime


class SecretInfo(Model):
    """A secret of a client, without the secret."""

    id: UUID
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


class Sender(Model):
    """A client system by its code and name."""

    code: str
    name: str
