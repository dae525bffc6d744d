"""One request: headers and body into memory under a cap, from an address that is allowed."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.web.addresses import (
    ForbiddenAddressError,
    GuardedResolver,
    guarded_socket,
    is_public,
    literal_address,
)
from gonerd_scraper.web.response import BodyDecoder, BrokenBodyError, Headers, Response

__all__ = ["FetchError", "Fetcher"]

PIECE = 65536

URL_SAFE = frozenset(
    "!#$%&'()*+,-./:;=?@[]_~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)


class FetchError(Exception):
    """No answer came. `transient`: another try, later, may bring one."""

    def __init__(self, reason: str, detail: str, *, transient: bool) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail.encode("utf-8", "replace").decode("utf-8")  # it may quote the server
        self.transient = transient


class LostConnectionError(aiohttp.ClientError):
    """The server ended a connection without an answer."""


async def asked_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Sends a request and, where the connection is lost, leaves it to the host's owner to try again.

    aiohttp itself would ask a second time at once, behind the back of every pause.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as problem:
        raise LostConnectionError(_words(problem)) from problem


class Fetcher:
    """Asks for one address at a time and follows no redirect: the caller decides on each hop.

    Certificates are always checked, cookies never kept, proxies never read from the environment.
    """

    def __init__(self, config: CrawlConfig) -> None:
        self._config = config
        self._to: tuple[str, int] | None = None
        if config.connect_to is not None:
            host, _, port = config.connect_to.rpartition(":")
            self._to = (host.strip("[]"), int(port))

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(self._to),
            socket_factory=guarded_socket(self._to),
            limit=0,  # the crawl's own slots bound what is open
            keepalive_timeout=max(15.0, 2 * self._config.delay),
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            trust_env=False,
            middlewares=(asked_once,),
            headers={
                "User-Agent": self._config.user_agent,
                "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.5",
                "Accept-Language": "en",
                "Accept-Encoding": "gzip",
            },
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def fetch(self, url: str, *, limit: int, conditions: Headers = ()) -> Response:
        """The answer to one GET, its body cut at `limit` bytes as sent or as decoded.

        Raises:
            FetchError: no whole set of headers came, or the address is not allowed.
        """
        host = urlsplit(url).hostname or ""
        number = literal_address(host)
        if number is not None and (self._to is not None or not is_public(number)):
            raise FetchError(
                "forbidden_address", f"{host} is not on the public internet", transient=False
            )
        try:
            async with asyncio.timeout(self._config.timeout):
                return await self._get(url, limit, conditions)
        except TimeoutError:
            raise FetchError(
                "timeout", f"no answer within {self._config.timeout:g} s", transient=True
            ) from None
        except aiohttp.ClientConnectorCertificateError as problem:
            raise FetchError("tls", str(problem.certificate_error), transient=False) from None
        except aiohttp.ClientConnectorDNSError as problem:
            inner: BaseException | None = problem.os_error
            if isinstance(inner, ForbiddenAddressError):
                raise FetchError("forbidden_address", str(inner), transient=False) from None
            asked = host if self._to is None else self._to[0]
            raise FetchError("dns", f"{asked}: {_words(problem)}", transient=True) from None
        except (aiohttp.InvalidURL, ValueError) as problem:
            raise FetchError("bad_url", str(problem), transient=False) from None
        except (aiohttp.ClientError, OSError, ssl.SSLError) as problem:
            for refusal in (problem, getattr(problem, "os_error", None)):
                if isinstance(refusal, ForbiddenAddressError):
                    raise FetchError("forbidden_address", str(refusal), transient=False) from None
            if isinstance(problem, (aiohttp.ClientConnectorSSLError, ssl.SSLError)):
                raise FetchError("tls", _words(problem), transient=False) from None
            raise FetchError("network", _words(problem), transient=True) from None

    async def _get(self, url: str, limit: int, conditions: Headers) -> Response:
        at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        encoded = all(c in URL_SAFE for c in url)  # asked for exactly as written, where it can be
        async with self._session.get(
            URL(url, encoded=encoded), allow_redirects=False, headers=dict(conditions)
        ) as answer:
            peer = answer.connection.transport.get_extra_info("peername") if _open(answer) else None  # type: ignore[union-attr]
            raw, body, cut, broken = await _body(answer, limit)
            return Response(
                url=url,
                status=answer.status,
                reason=_byte_by_byte(answer.reason or ""),
                headers=_headers(answer.raw_headers),
                request_headers=tuple(
                    (key, value) for key, value in answer.request_info.headers.items()
                ),
                raw=raw,
                body=body,
                fetched_at=at,
                address=peer[0] if peer else "",
                cut=cut,
                broken=broken,
            )


async def _body(answer: aiohttp.ClientResponse, limit: int) -> tuple[bytes, bytes, str, str]:
    raw, body = bytearray(), bytearray()
    cut = broken = ""
    decoder: BodyDecoder | None = None
    try:
        decoder = BodyDecoder(answer.headers.get("Content-Encoding", ""), limit)
    except BrokenBodyError as problem:
        broken = str(problem)
    try:
        async for piece in answer.content.iter_chunked(PIECE):
            raw += piece
            if decoder is not None and not broken:
                try:
                    body += decoder.feed(piece)
                except BrokenBodyError as problem:
                    broken = str(problem)
            if len(raw) > limit or (decoder is not None and decoder.full):
                del raw[limit:]
                cut = "length"
                answer.close()
                break
    except (aiohttp.ClientPayloadError, aiohttp.ClientConnectionError, ConnectionError):
        cut = "disconnect"
    if decoder is not None and not cut and not broken:
        try:
            body += decoder.finish()
            cut = "length" if decoder.full else ""
        except BrokenBodyError as problem:
            broken = str(problem)
    return bytes(raw), bytes(body), cut, broken


def _open(answer: aiohttp.ClientResponse) -> bool:
    return answer.connection is not None and answer.connection.transport is not None


def _headers(raw: tuple[tuple[bytes, bytes], ...]) -> Headers:
    return tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in raw)


def _byte_by_byte(text: str) -> str:
    """A character for each byte, as headers have it: aiohttp takes a reason for UTF-8, right or wrong."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _words(problem: BaseException) -> str:
    inner = getattr(problem, "os_error", None)
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror.lower() if inner.strerror.isascii() else inner.strerror
    return str(problem) or type(problem).__name__
