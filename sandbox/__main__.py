"""`python -m sandbox`: every provider's double, as one process."""

import argparse
import logging

from core.base import evolve
from core.sandbox_keys import SECRET
from core.settings import Settings
from sandbox.app import create_sandbox
from sandbox.kit.context import Options
from sandbox.server import server


def main() -> None:
    """Run until a signal ends it."""
    settings = Settings()
    given = _parser(settings).parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    # aiosmtpd warns of its own attribute at every sign-in.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    # As the settings have it: beside the HTTP port.
    beside = evolve(settings, sandbox_port=given.port)
    app = create_sandbox(
        Options(
            host=given.host,
            smtp_port=_either(given.smtp_port, beside.smtp_port),
            cmpp_port=_either(given.cmpp_port, beside.cmpp_port),
            smpp_port=_either(given.smpp_port, beside.smpp_port),
            receipts_url=given.receipts_url,
            receipts_secret=given.receipts_secret,
            retry_scale=given.receipt_minute / 60,
        )
    )
    server(app, given.port).run()


def _either(given: int | None, default: int) -> int:
    return default if given is None else given


def _parser(settings: Settings) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=settings.sandbox_port)
    parser.add_argument("--smtp-port", type=int, help="default: the port + 25")
    parser.add_argument("--cmpp-port", type=int, help="default: the port + 1026")
    parser.add_argument("--smpp-port", type=int, help="default: the port + 2027")
    parser.add_argument("--receipts-url", help="push receipts below this address")
    parser.add_argument("--receipts-secret", default=SECRET)
    parser.add_argument(
        "--receipt-minute",
        type=float,
        default=1.0,
        help="seconds that stand for a minute between a provider's tries",
    )
    return parser


if __name__ == "__main__":
    main()
