"""Celery with Redis doing the same one HTTP call.

`python -m benchmarks.celery.task REDIS_PORT` runs its worker: four processes,
a task given back to the queue when its worker dies.
"""

import sys
from functools import cache
from typing import Any

import httpx
from celery import Celery

NAME = "send"


def make_app(port: int) -> Any:
    """Return the application; results are not kept."""
    app = Celery("bench", broker=f"redis://127.0.0.1:{port}/0")
    app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=1)
    app.task(name=NAME, acks_late=True, max_retries=3)(send)
    return app


def send(url: str, call: dict[str, Any]) -> None:
    """Make the HTTP call."""
    answer = _http().post(
        f"{url}/cgi-bin/message/template/send",
        params={"access_token": "stub"},
        json=call,
    )
    answer.raise_for_status()


@cache
def _http() -> httpx.Client:
    """Return this process's client."""
    return httpx.Client(trust_env=False)


def main(port: int) -> None:
    """Serve until told to stop."""
    quiet = ("--without-mingle", "--without-gossip", "--without-heartbeat")
    app = make_app(port)
    app.worker_main(["worker", "--concurrency=4", "--loglevel=ERROR", *quiet])


if __name__ == "__main__":
    main(int(sys.argv[1]))
