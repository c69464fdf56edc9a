"""What exists at one door only, and why that is right."""

_CLIENTS = "a client system's own, by its token; people have no such thing to do"
_SEEN = "looks, changes nothing; POST keeps what is looked for out of addresses"
_OTHERS = "other programs speak here: providers, Temporal's pages"
_LOOKS = "looks, changes nothing"
_OWN = "one's own second factor: a session of the console is needed to set it up"
_BATCH = "a list from a file, checked first; `POST /v1/batches` takes the same list"
_ACCOUNT = "an older form of what `accounts/default` does"
_CHANNEL = "/v1/admin/channels/{channel}"
_TEMPLATE = "/v1/admin/message-types/{code}/templates/{channel}"
_BATCHES = "/v1/batches/{batch_id}"

API_ALONE: dict[tuple[str, str], str] = {
    ("POST", "/v1/token"): _CLIENTS,
    ("POST", "/v1/messages"): _CLIENTS,
    ("POST", "/v1/messages/preview"): _CLIENTS,
    ("POST", "/v1/batches"): _BATCH,
    ("POST", f"{_BATCHES}/cancel"): _CLIENTS,
    ("POST", f"{_BATCHES}/pause"): _CLIENTS,
    ("POST", f"{_BATCHES}/resume"): _CLIENTS,
    ("PUT", f"{_BATCHES}/rate"): _CLIENTS,
    ("POST", "/v1/inbox/query"): _CLIENTS,
    ("POST", "/v1/inbox/{item_id}/read"): _CLIENTS,
    ("POST", "/v1/session"): "signing in: tests/test_console_access.py has the page",
    ("POST", "/v1/receipts/{channel}/{secret}"): _OTHERS,
    ("POST", "/v1/codec/encode"): _OTHERS,
    ("POST", "/v1/codec/decode"): _OTHERS,
    ("POST", "/v1/admin/patients/search"): _SEEN,
    ("POST", f"{_TEMPLATE}/preview"): _LOOKS,
    ("POST", f"{_TEMPLATE}/check"): _LOOKS,
    ("PUT", f"{_CHANNEL}/account"): _ACCOUNT,
    ("DELETE", f"{_CHANNEL}/account"): _ACCOUNT,
    ("PATCH", f"{_CHANNEL}/accounts/{{code}}"): "the console sets an account whole",
    ("POST", f"{_CHANNEL}/accounts/{{code}}/test"): "the console tries the channel",
    ("PATCH", "/v1/admin/identity-types/{identity_type}"): "no page has them yet",
}
# Looks that the API may have beside them.
MAY_BE_ABSENT = {("POST", "/v1/admin/message-types/{code}/policy/check"): _LOOKS}

_PAGES = "console/messages/new_batch.py"
CONSOLE_ALONE: dict[tuple[str, str], str] = {
    ("console/access/account.py", "_turn_on"): _OWN,
    ("console/access/account.py", "_turn_on.<locals>.take"): _OWN,
    ("console/access/account.py", "_renew_codes"): _OWN,
    ("console/access/account.py", "_turn_off"): _OWN,
    ("console/access/account.py", "_turn_off.<locals>.take"): _OWN,
    ("console/access/account.py", "_sessions.<locals>.end"): "one's own sessions",
    (_PAGES, "_Page._check"): _BATCH,
    (_PAGES, "_Page._download"): _BATCH,
    (_PAGES, "_Page._draw_found.<locals>.download"): _BATCH,
    (_PAGES, "_Page._draw_found.<locals>.go_on"): _BATCH,
    (_PAGES, "_Page._send.<locals>.send"): _BATCH,
    ("console/access/audit.py", "_verify"): _LOOKS,
    ("console/access/audit.py", "_listing.<locals>.show"): _LOOKS,
    ("console/messages/failed.py", "_Page._find"): _LOOKS,
    ("console/messages/message.py", "_Message._refresh"): _LOOKS,
    ("console/messages/messages.py", "_Page._export"): _LOOKS,
    ("console/messages/messages.py", "_Page._find"): _LOOKS,
    ("console/operations/workstations.py", "_Page._refresh"): _LOOKS,
    ("console/people/patients.py", "_Page._find"): _LOOKS,
}
