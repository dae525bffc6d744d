"""What a reader waits for: a page of the leaderboard in headless Chromium."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.browser import LAUNCH_OPTIONS, find_browser

__all__ = ["browsing"]

REPEATS = 7

# A frame is painted when the task after its callback runs.
WATCH = """
const painted = () => new Promise((done) => requestAnimationFrame(() => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => done(performance.now());
  port2.postMessage(0);
}));
window.painted = painted;
window.first = new Promise((done) => {
  new MutationObserver((_, watcher) => {
    if (!document.querySelector("#ranking tbody tr")) return;
    watcher.disconnect();
    painted().then(done);
  }).observe(document, { childList: true, subtree: true });
});
"""

SORT = """async (key) => {
  const began = performance.now();
  document.querySelector(`#ranking [data-key=${key}] button`).click();
  return (await painted()) - began;
}"""

FILTER = """async (text) => {
  const box = document.getElementById("filter");
  const began = performance.now();
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  return (await painted()) - began;
}"""


def browsing(page_folder: Path) -> dict[str, Any]:
    """Milliseconds from the navigation, a click or a letter until the table's next frame is painted.

    Medians and the worst of `REPEATS`, each in a new context (nothing cached); bytes are those of all
    files that were loaded until the first table and all figures of the first view stood.
    """
    first, sorts, filters = [], [], []
    size = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=LAUNCH_OPTIONS)
        for _ in range(REPEATS):
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            context.add_init_script(WATCH)
            page = context.new_page()
            loaded: set[str] = set()
            page.on("request", lambda request, loaded=loaded: loaded.add(request.url))
            page.goto((page_folder / "index.html").as_uri())
            first.append(page.evaluate("first"))
            page.wait_for_load_state("networkidle")
            size = sum(_size(url) for url in loaded)
            sorts += [page.evaluate(SORT, key) for key in ("recall", "recall", "model", "f1_per")]
            filters += [page.evaluate(FILTER, text) for text in ("a", "al", "no such", "")]
            entries = _entries(page)
            context.close()
        browser.close()
    return {
        "entries": entries,
        "first_table_ms": _told(first),
        "sort_ms": _told(sorts),
        "filter_ms": _told(filters),
        "bytes_before_drawers": size,
    }


def _entries(page: Page) -> int:
    return int(page.evaluate("gonerd.shown.board.rows.length"))


def _size(url: str) -> int:
    path = Path(url.removeprefix("file://").partition("#")[0])
    return path.stat().st_size if url.startswith("file://") else 0


def _told(times: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(times), 1), "worst": round(max(times), 1)}
