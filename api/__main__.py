"""`python -m api`: serve the HTTP API."""

import atexit
import time

import uvicorn

from api.app import create_app
from core.logs import configure_logging
from core.settings import Settings


def main() -> None:
    """Serve until told to stop."""
    # Temporal's threads may still run when the interpreter ends: give them time.
    atexit.register(time.sleep, 0.25)
    settings = Settings()
    configure_logging(settings.log_level)
    app = create_app(settings)
    app.openapi()  # takes a quarter of a second, which no request should wait for
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.api_port,
        http="h11",  # bounds the size of header fields
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=settings.trusted_proxies is not None,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    main()
