"""What a site answers, down to how badly it does so."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Headers", "Response", "html_response", "redirect_to"]

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One HTTP answer and how it is sent.

    `later` holds headers whose value is a date so many seconds after the moment of sending. `delay`
    is the wait before the first byte, in seconds. `pieces` and `pause` cut the body up, with so many
    seconds between. `cut_after` resets the connection after that many bytes of the body. `silent`
    closes the connection after `delay` without a word. `chunked` sends no Content-Length.
    """

    status: int = 200
    headers: Headers = ()
    body: bytes = b""
    later: tuple[tuple[str, float], ...] = ()
    delay: float = 0.0
    pieces: int = 1
    pause: float = 0.0
    cut_after: int | None = None
    silent: bool = False
    chunked: bool = False

    def header(self, name: str) -> str | None:
        """Give the first value of a header, or None; the case of the name does not matter."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


def html_response(page: str, *, headers: Headers = ()) -> Response:
    """Send a page as UTF-8, and say so."""
    return Response(
        headers=(("Content-Type", "text/html; charset=utf-8"), *headers), body=page.encode()
    )


def redirect_to(url: str, *, status: int = 301) -> Response:
    """Send elsewhere; `url` goes out as it is, however unwise."""
    return Response(
        status=status,
        headers=(("Location", url), ("Content-Type", "text/html; charset=utf-8")),
        body=b"<html><body>Moved.</body></html>",
    )
