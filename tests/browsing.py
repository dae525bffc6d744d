"""The browser that page tests drive, as a fixture; a folder's conftest imports it by name."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import LAUNCH_OPTIONS, find_browser

__all__ = ["browser"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium; without one the test fails, unless GONERD_NO_BROWSER=1 says so.

    For one module, not for the session: its event loop would be in the way of others in this process.
    """
    if os.environ.get("GONERD_NO_BROWSER") == "1":
        pytest.skip("GONERD_NO_BROWSER=1: no test that needs a browser was asked for")
    path = find_browser()
    if path is None:
        pytest.fail(
            "no Chromium was found: run 'python tests/browser.py', name one in GONERD_BROWSER, "
            "or set GONERD_NO_BROWSER=1 to leave the browser tests out",
            pytrace=False,
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=LAUNCH_OPTIONS)
        yield browser
        browser.close()
