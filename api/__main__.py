"""`python -m api`: serve the HTTP API, without the console."""

from api.app import create_app
from api.http.server import serve
from centre.keys.keys import establish
from core.process.faults import or_exit
from core.process.logs import configure_logging
from core.settings import Settings


def main() -> None:
    """Serve until told to stop."""
    settings = Settings()
    configure_logging(settings.log_level)
    or_exit(lambda: establish(settings.database, settings.keys_file))
    app = create_app(settings)
    app.openapi()  # takes a quarter of a second, which no request should wait for
    serve(app, settings, settings.api_port)


if __name__ == "__main__":
    main()
