"""A body is parsed once: whoever takes JSON takes what the guard has read."""

from fastapi.routing import APIRoute

from api.app import ROUTERS
from api.http.checked_bodies import CheckedBody


def test_every_route_with_a_body_takes_the_value_that_was_checked() -> None:
    routes = [r for router in ROUTERS for r in router.routes if isinstance(r, APIRoute)]
    with_body = [route for route in routes if route.dependant.body_params]
    assert len(with_body) > 20
    assert not {r.path for r in with_body if not isinstance(r, CheckedBody)}
