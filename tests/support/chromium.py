"""The browser of the browser tests, and the checker of accessibility that runs in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = Path(__file__).parents[1] / "e2e" / "node_modules" / "axe-core" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SEEN = ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable", "aria-hidden-focus"]
"""The rules about how a page looks, which differ with its width and its colors."""
_THRIFT = ("--no-sandbox", "--disable-gpu", "--renderer-process-limit=1", "--disable-site-isolation-trials")
"""What is shown is the same with them: one process draws all pages, none of which is of a stranger."""


@contextmanager
def running(*more: str) -> Iterator[Any]:
    """A browser, with these arguments besides. Windows are opened in it; closing it closes them."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=[*_THRIFT, *more])
        yield browser
        browser.close()
