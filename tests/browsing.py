"""The browser that page tests drive, as a fixture; a folder's conftest imports it by name."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import LAUNCH_OPTIONS, find_browser

__all__ = ["CONTRAST", "browser"]

# Text against the nearest painted ground behind it, by WCAG 2's contrast ratio of 4.5.
CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const channels = (color) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (color) => {
    const [r, g, b] = channels(color).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (channels(color)[3] > 0) return color;
    }
    return "white";
  };
  const faults = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(element.closest("svg") ? style.fill : style.color), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faults.push(`${walker.currentNode.data.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return faults;
}"""


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
