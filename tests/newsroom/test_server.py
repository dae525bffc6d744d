import http.client
import json
import socket
import subprocess
import sys
import threading
import time
import zlib
from email.utils import parsedate_to_datetime

import pytest

from gonerd.errors import InputError
from gonerd.newsroom.response import Response
from gonerd.newsroom.server import serving
from gonerd.newsroom.traps import BOMB_SIZE
from tests.newsroom.web_pages import first, newsroom


@pytest.fixture(scope="module")
def server():
    with serving(newsroom()) as running:
        yield running


class Client:
    """One connection, kept alive as long as the server wants."""

    def __init__(self, server, *, timeout=15.0):
        self.connection = http.client.HTTPConnection(server.host, server.port, timeout=timeout)

    def get(self, host, target, *, method="GET", **headers):
        named = {"Host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, target, headers=named)
        return self.connection.getresponse()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()


def fetch(server, address, **headers):
    with Client(server) as client:
        response = client.get(*address.route, **headers)
        return response, response.read()


class Few:
    """A web of one answer, for what the newsroom does too slowly or too rarely to test with."""

    def __init__(self, response):
        self.response = response

    def respond(self, host, target, *, headers=None, attempt=0):
        return self.response


def test_every_host_is_served_by_its_name_over_one_connection(server):
    with Client(server) as client:
        for host in newsroom().hosts:
            response = client.get(host, "/")
            body = response.read()
            assert response.status == 200
            assert body == newsroom().respond(host, "/").body
        assert client.get("www.unknown.example", "/").status == 421


def test_head_gives_the_length_and_no_body(server):
    with Client(server) as client:
        response = client.get("www.justice.example", "/", method="HEAD")
        assert int(response.headers["Content-Length"]) > 500
        assert response.read() == b""
        assert client.get("www.justice.example", "/").status == 200


def test_other_methods_and_nonsense_are_refused(server):
    with Client(server) as client:
        assert client.get("www.justice.example", "/", method="POST").status == 405
    with socket.create_connection((server.host, server.port), timeout=5) as raw:
        raw.sendall(b"nonsense\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400 ")


def test_a_page_that_is_known_comes_as_304(server):
    address = next(a for a in newsroom().addresses() if a.kind == "article" and not a.manner)
    response, _ = fetch(server, address)
    again, body = fetch(server, address, If_None_Match=response.headers["ETag"])
    assert (again.status, body) == (304, b"")
    since, _ = fetch(server, address, If_Modified_Since=response.headers["Last-Modified"])
    assert since.status == 304


@pytest.mark.parametrize(("manner", "bits"), [("gzip", 31), ("deflate", 15)])
def test_a_page_is_compressed_for_those_who_take_it(server, manner, bits):
    address = first(newsroom(), manner=manner)
    plain, page = fetch(server, address)
    packed, body = fetch(server, address, Accept_Encoding="gzip, deflate")
    assert plain.headers["Content-Encoding"] is None
    assert packed.headers["Content-Encoding"] == manner
    assert zlib.decompress(body, bits) == page


def test_a_page_in_chunks_has_no_length(server):
    address = first(newsroom(), manner="chunked")
    response, body = fetch(server, address)
    assert response.headers["Transfer-Encoding"] == "chunked"
    assert response.headers["Content-Length"] is None
    assert body == newsroom().respond(*address.route).body


@pytest.mark.parametrize("manner", ["once-500", "once-503", "retry-seconds", "retry-date"])
def test_what_is_refused_once_is_given_the_second_time(manner):
    with serving(newsroom()) as server:
        address = first(newsroom(), manner=manner)
        refused, _ = fetch(server, address)
        given, body = fetch(server, address)
        assert refused.status == (429 if "retry" in manner else int(manner[-3:]))
        assert (given.status, len(body) > 500) == (200, True)
        log = server.hosts[address.route[0]]
        assert log.too_early == ("retry" in manner)
        if manner == "retry-date":
            wait = parsedate_to_datetime(refused.headers["Retry-After"]).timestamp() - time.time()
            assert 0 < wait <= 2


def test_who_waits_as_told_is_not_too_early():
    with serving(newsroom()) as server:
        address = first(newsroom(), manner="retry-seconds")
        refused, _ = fetch(server, address)
        time.sleep(float(refused.headers["Retry-After"]))
        assert fetch(server, address)[0].status == 200
        assert server.hosts[address.route[0]].too_early == 0


def test_a_connection_is_reset_in_the_middle_of_a_page():
    with serving(newsroom()) as server:
        address = first(newsroom(), manner="once-reset")
        with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
            fetch(server, address)
        assert fetch(server, address)[0].status == 200
        with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
            fetch(server, first(newsroom(), manner="reset"))


def test_a_page_shorter_than_promised_is_incomplete(server):
    with pytest.raises(http.client.IncompleteRead):
        fetch(server, first(newsroom(), manner="short-length"))


@pytest.mark.parametrize(
    "manner", ["status-403", "status-404", "status-410", "status-500", "status-503"]
)
def test_failures_have_their_status_every_time(server, manner):
    for _ in range(3):
        response, _ = fetch(server, first(newsroom(), manner=manner))
        assert response.status == int(manner[-3:])


def test_bait_is_sent_as_location_only(server):
    targets = {}
    for manner in ("to-file", "to-metadata", "to-private", "to-loopback", "to-mapped"):
        response, _ = fetch(server, first(newsroom(), manner=manner))
        targets[manner] = response.headers["Location"]
        assert response.status == 302
    assert targets["to-file"] == "file:///etc/passwd"
    assert targets["to-metadata"].startswith("http://169.254.169.254/")


def test_the_bomb_goes_off_over_the_wire(server):
    response, body = fetch(server, first(newsroom(), manner="bomb"))
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(body) < 2**20
    assert int.from_bytes(body[-4:], "little") > BOMB_SIZE


def test_a_slow_page_takes_seconds_and_the_others_do_not_wait(server):
    times = []

    def slow():
        start = time.monotonic()
        fetch(server, first(newsroom(), manner="slow"))
        times.append(time.monotonic() - start)

    waiting = threading.Thread(target=slow)
    waiting.start()
    start = time.monotonic()
    fetch(server, first(newsroom(), kind="article"))
    assert time.monotonic() - start < 1
    waiting.join()
    assert 2 < times[0] < 6


def test_a_silent_answer_closes_without_a_word():
    few = Few(Response(delay=0.2, silent=True))
    with (
        serving(few) as server,
        Client(server) as client,
        pytest.raises(http.client.RemoteDisconnected),
    ):
        client.get("any.example", "/")


def test_the_log_tells_how_polite_a_client_was():
    with serving(Few(Response(body=b"x", delay=0.2))) as server:

        def ask():
            with Client(server) as client:
                client.get("a.example", "/p", User_Agent="tester").read()

        clients = [threading.Thread(target=ask) for _ in range(3)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        with Client(server) as client:
            client.get("b.example", "/").read()
        log = server.hosts["a.example"]
        assert log.most_at_once == 3
        assert log.at_once == 0
        assert log.shortest_gap() < 0.2
        assert log.agents == {"tester": 3}
        assert log.targets == ["/p"] * 3
        assert server.hosts["b.example"].shortest_gap() is None
        assert server.requests == 4


def test_a_port_that_is_taken_is_told():
    with serving(Few(Response())) as server:
        told = rf"127\.0\.0\.1:{server.port}: the newsroom can't be served"
        with pytest.raises(InputError, match=told), serving(Few(Response()), port=server.port):
            pass


def test_the_port_is_free_when_the_block_ends():
    with serving(Few(Response())) as server:
        port = server.port
        idle = Client(server)
        idle.get("a.example", "/").read()
    idle.connection.close()
    with serving(Few(Response()), port=port) as again:
        assert again.port == port


def test_serve_prints_its_address_and_stops_when_interrupted(tmp_path):
    arguments = [
        "newsroom",
        "serve",
        "--articles",
        "20",
        "--json",
        "--out",
        str(tmp_path / "files"),
    ]
    command = [sys.executable, "-c", "from gonerd.cli.main import main; main()", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        lines = []
        while not lines or lines[-1] != "}\n":
            lines.append(process.stdout.readline())
            assert lines[-1], process.stderr.read()
        address = json.loads("".join(lines))["address"]
        connection = http.client.HTTPConnection(address, timeout=5)
        connection.request("GET", "/", headers={"Host": "www.justice.example"})
        assert connection.getresponse().status == 200
        connection.close()
        assert (tmp_path / "files" / "gold.jsonl").exists()
    finally:
        process.send_signal(2)
        _, said = process.communicate(timeout=10)
    assert process.returncode == 0, said
    assert "1 requests answered" in said
