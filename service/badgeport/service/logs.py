"""Logs: one JSON object a line on standard error.

A line never holds a credential, what somebody handed in, a query string, a token or an address of a client.
"""

from __future__ import annotations

import logging
import sys
import time
import traceback
from types import TracebackType

import structlog

_FRAMES = 12
_REPEAT_SECONDS = 60.0
_REMEMBERED = 200
_OURS = logging.getLogger("badgeport")


def set_up(level: str) -> None:
    """Send the logs of this process, its libraries' among them, to standard error from ``level`` up."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        # What is below the level is not written down first.
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _without_traceback],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    # Anybody can cause these as often as they like.
    logging.getLogger("uvicorn.error").filters[:] = [_Seldom(logging.WARNING)]
    logging.getLogger("asyncio").filters[:] = [_Seldom(logging.WARNING, logging.ERROR)]
    # Its lines hold whole addresses, and these hold tokens; ours name the route instead.
    logging.getLogger("uvicorn.access").disabled = True
    for name in ("httpx2", "httpcore2", "pypdf", "PIL", "multipart", "python_multipart"):
        # What these have to say is about what somebody handed in.
        logging.getLogger(name).setLevel(logging.ERROR)


class _Seldom(logging.Filter):
    """Lets the same text of these levels through once in a while, so that nobody fills the disk by causing it."""

    def __init__(self, *levels: int) -> None:
        super().__init__()
        self._levels = levels
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is written."""
        if record.levelno not in self._levels:
            return True
        text, now = str(record.msg), time.monotonic()
        if now - self._said.get(text, float("-inf")) < _REPEAT_SECONDS:
            return False
        if len(self._said) >= _REMEMBERED:
            self._said.clear()
        self._said[text] = now
        return True


def logger() -> structlog.stdlib.BoundLogger:
    """The logger of the service."""
    made: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(_OURS.name)
    return made


def tells(level: int) -> bool:
    """Whether a line of this level is written: to be asked before one is put together for every request."""
    return not structlog.is_configured() or _OURS.isEnabledFor(level)


def where(error: BaseException) -> dict[str, object]:
    """An exception for a log line: its type and where it arose. Not its text, which may quote a credential."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return {
        "error": type(error).__name__,
        "where": [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
    }


def _short(path: str) -> str:
    """A source file by its place in its package."""
    for root in ("/badgeport/", "/site-packages/"):
        if root in path:
            return path.rpartition(root)[2]
    return path.rpartition("/")[2]


def _without_traceback(
    logger: logging.Logger,  # noqa: ARG001
    method: str,  # noqa: ARG001
    event: structlog.types.EventDict,
) -> structlog.types.EventDict:
    info = event.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event.update(where(error))
    elif isinstance(info, TracebackType):
        event["error"] = "unknown"
    return event
