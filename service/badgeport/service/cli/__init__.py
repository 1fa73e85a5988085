"""The command line. ``main`` is the only entry point; commands import what they need when they run."""

import sys


def main() -> None:
    """Run ``badgeport`` with the process's arguments; exits with the command's code and never shows a traceback."""
    try:
        from badgeport.service.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
