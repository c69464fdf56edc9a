"""Every route of the API, with values for its path that name something."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from fastapi.routing import APIRoute

from api.app import ROUTERS

VALUES = {
    "message_id": str(UUID(int=7)),
    "item_id": str(UUID(int=6)),
    "batch_id": str(UUID(int=9)),
    "code": "exam-booking",
    "secret_id": str(UUID(int=8)),
    "channel": "sms",
    "type_class": "marketing",
    "day": "2026-10-01",
    "identity_type": "mobile",
    "value": "13800138000",
    "empi_id": "E100",
    "username": "somebody",
    "workstation_id": "ward-1",
    "alarm_id": str(UUID(int=9)),
    "token": "x",
    "secret": "x",
}
OPEN = (
    "/v1/token",
    "/v1/session",
    "/health",
    "/metrics",
    "/m/",
    "/ward",
    "/v1/receipts/",
)


@dataclass(frozen=True)
class Route:
    """One operation: its method, its template and a path that fits it."""

    method: str
    template: str

    @property
    def path(self) -> str:
        """A path that the route takes."""
        return self.template.format(**VALUES)

    @property
    def needs_token(self) -> bool:
        """Whether only known callers may use it."""
        return not self.template.startswith(OPEN)

    @property
    def takes_body(self) -> bool:
        """Whether its method has a body."""
        return self.method in ("POST", "PUT", "PATCH", "DELETE")


def routes() -> Iterator[Route]:
    """Yield every operation."""
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute):
                for method in sorted(route.methods or ()):
                    yield Route(method, route.path_format)
