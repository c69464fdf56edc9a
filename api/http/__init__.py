"""HTTP itself: the access log, the guard, problems, OpenAPI, the server."""
