"""The command line. ``main`` is the only entry point; commands import what they need when they run."""

import sys


def main() -> None:
    """Run ``badgeport`` with the process's arguments; exits with the command's code and never shows a traceback."""
    try:
        if sys.argv[1:2] == ["verify"]:
            _without_second_web_client()
        from badgeport.service.cli.running import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def _without_second_web_client() -> None:
    """PyLD makes a web client of requests while it is imported, which takes longer than verifying a badge.

    Nothing here uses it: contexts come from the store, and all else through the guarded client. Without requests PyLD
    has a loader that refuses.
    """
    sys.modules.setdefault("requests", None)  # type: ignore[arg-type]
