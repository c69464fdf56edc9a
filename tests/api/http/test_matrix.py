"""Every route: who gets in, what the document says of it, which errors it gives."""

from core.words import Role
from tests.support.api.rig import Headers, Rig, problem
from tests.support.api.routes import VALUES, Route, routes

ADMIN, OPERATOR, AUDITOR = Role.ADMIN, Role.OPERATOR, Role.AUDITOR
# Reading is for everybody who signed in, changing for administrators, but:
OPERATORS = {
    ("PUT", "/v1/admin/consents/{identity_type}/{value}"),
    ("DELETE", "/v1/admin/standings/{identity_type}/{value}"),
    ("POST", "/v1/admin/failed-messages/resend"),
    ("POST", "/v1/admin/messages/{message_id}/recipient"),
    ("POST", "/v1/admin/queues/{code}/pause"),
    ("POST", "/v1/admin/queues/{code}/resume"),
    ("PUT", "/v1/admin/queues/{code}/limit"),
    ("POST", "/v1/admin/batches/{batch_id}/cancel"),
    ("POST", "/v1/admin/batches/{batch_id}/pause"),
    ("POST", "/v1/admin/batches/{batch_id}/resume"),
    ("PUT", "/v1/admin/batches/{batch_id}/rate"),
    ("PATCH", "/v1/admin/queues/{code}"),
    ("POST", "/v1/admin/alarms/{alarm_id}/acknowledge"),
    ("POST", "/v1/codec/decode"),
}
LOOKING = {
    ("POST", "/v1/admin/patients/search"),
    ("POST", "/v1/admin/message-types/{code}/templates/{channel}/preview"),
    ("POST", "/v1/admin/message-types/{code}/templates/{channel}/check"),
    ("POST", "/v1/admin/message-types/{code}/policy/check"),
}
AUDITORS = {
    ("GET", "/v1/admin/audit"),
    ("GET", "/v1/admin/audit/chain"),
    ("GET", "/v1/admin/users"),
}

ADMINS = {("GET", "/v1/admin/channels/{channel}/receipts")}


def allowed(route: Route) -> set[Role]:
    """Return the roles that may use an administration route."""
    key = (route.method, route.template)
    if key in OPERATORS:
        return {ADMIN, OPERATOR}
    if key in AUDITORS:
        return {ADMIN, AUDITOR}
    if key in ADMINS:
        return {ADMIN}
    if route.method == "GET" or key in LOOKING:
        return set(Role)
    return {ADMIN}


def people_only() -> list[Route]:
    starts = ("/v1/admin", "/v1/codec")
    return [route for route in routes() if route.template.startswith(starts)]


async def test_who_gets_in(rig: Rig) -> None:
    callers: dict[Role, Headers] = {role: await rig.person(role) for role in Role}
    client = await rig.client("his")
    asked = people_only()
    assert len(asked) > 30
    for route in asked:
        place = f"{route.method} {route.template}"
        nobody = await rig.http.request(route.method, route.path)
        assert nobody.headers["www-authenticate"] == "Bearer", place
        problem(nobody, 401)
        problem(await rig.http.request(route.method, route.path, headers=client), 403)
        for role, headers in callers.items():
            answer = await rig.http.request(route.method, route.path, headers=headers)
            inside = answer.status_code not in (401, 403)
            assert inside == (role in allowed(route)), f"{place} as {role}"
            assert answer.status_code < 500, place


async def test_nobody_gets_in_anywhere_without_a_token(rig: Rig) -> None:
    for route in routes():
        if route.needs_token:
            problem(await rig.http.request(route.method, route.path), 401)


async def test_the_document_lists_the_routes_and_their_errors(rig: Rig) -> None:
    document = (await rig.http.get("/openapi.json")).json()
    listed = {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert set(listed) == {(route.method, route.template) for route in routes()}
    ids = [operation["operationId"] for operation in listed.values()]
    assert len(ids) == len(set(ids))
    for route in routes():
        operation = listed[route.method, route.template]
        place = f"{route.method} {route.template}"
        assert operation["description"], place
        wanted = {"400", "404", "431", "500", "503"}
        if route.needs_token:
            wanted |= {"401", "403", "422", "429"}
            assert operation["security"], place
        if route.takes_body:
            wanted |= {"408", "409", "413", "415"}
        assert wanted <= operation["responses"].keys(), place
        for status in wanted:
            content = operation["responses"][status]["content"]
            assert "application/problem+json" in content, f"{place} {status}"
    assert "HTTPValidationError" not in str(document)


async def test_the_document_knows_both_kinds_of_token(rig: Rig) -> None:
    document = (await rig.http.get("/openapi.json")).json()
    schemes = document["components"]["securitySchemes"]
    flow = schemes["client"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "/v1/token"
    assert "messages:send" in flow["scopes"]
    assert schemes["person"]["scheme"] == "bearer"


async def test_the_docs_page_needs_nothing_from_elsewhere(rig: Rig) -> None:
    answer = await rig.http.get("/docs")
    assert answer.status_code == 200
    assert "POST /v1/messages" in answer.text
    for sign in ("<script", "http://", "https://", "src="):
        assert sign not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_wrong_method(rig: Rig) -> None:
    for method, path, allow in (
        ("DELETE", "/v1/messages", "GET, HEAD, POST"),
        ("PUT", "/v1/token", "POST"),
        ("POST", "/v1/admin/clients/his", "GET, HEAD, PATCH"),
        ("PATCH", "/v1/admin/preferences/mobile/1", "DELETE, GET, HEAD, PUT"),
        ("BREW", "/health/live", "GET, HEAD"),
        ("OPTIONS", "/v1/admin/patients/search", "POST"),
        ("OPTIONS", "/v1/admin/failed-messages/resend", "POST"),
    ):
        answer = await rig.http.request(method, path)
        problem(answer, 405)
        assert answer.headers["allow"] == allow


async def test_allow_names_the_methods_of_that_very_path(rig: Rig) -> None:
    for path, operations in rig.app.openapi()["paths"].items():
        own = {method.upper() for method in operations} | (
            {"HEAD"} if "get" in operations else set()
        )
        values = VALUES | {"code": "his", "client": "his"}
        answer = await rig.http.options(path.format(**values))
        if path.startswith("/v1/codec/"):
            continue  # answers a browser's question: tests/api/monitoring/test_codec.py
        assert answer.headers["allow"] == ", ".join(sorted(own)), path


async def test_head_is_get_without_the_body(rig: Rig) -> None:
    admin = await rig.person(Role.ADMIN)
    for path, status in (
        ("/health/live", 200),
        ("/ward", 200),
        ("/ward?lang=a-language-that-nobody-speaks", 200),
        ("/v1/admin/clients", 200),
        ("/v1/admin/clients/nobody", 404),
        ("/v1/token", 405),
    ):
        asked = await rig.http.get(path, headers=admin)
        answer = await rig.http.head(path, headers=admin)
        assert answer.status_code == asked.status_code == status
        assert answer.headers["content-length"] == asked.headers["content-length"]
        assert answer.headers["content-type"] == asked.headers["content-type"]
        assert answer.content == b""


async def test_nothing_is_there(rig: Rig) -> None:
    for path in ("/", "/v1", "/v2/messages", "/v1/messages/", "/v1/Token"):
        problem(await rig.http.get(path), 404)


async def test_a_path_that_names_nothing(rig: Rig) -> None:
    admin = await rig.person(Role.ADMIN)
    for path in (
        "/v1/admin/clients/HIS",
        "/v1/admin/clients/his%20",
        "/v1/admin/message-types/_",
        "/v1/admin/message-types/exam-booking/templates/fax",
        "/v1/admin/patients/a%20b",
        "/v1/admin/preferences/qq/1",
    ):
        problem(await rig.http.get(path, headers=admin), 404)
