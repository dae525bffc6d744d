from collections.abc import Iterable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gonerd.database import Names, sorted_lines

texts = st.lists(st.text(st.characters(codec="utf-8"), max_size=6), max_size=40)


@given(texts)
def test_names_are_new_once(names: list[str]) -> None:
    seen, known = set(), Names()
    for name in names:
        assert (name in known) == (name in seen)
        assert known.add(name) == (name not in seen)
        seen.add(name)


@given(texts)
def test_lines_are_sorted_by_bytes_which_is_by_code_points(lines: list[str]) -> None:
    assert [line.decode() for line in sorted_lines(line.encode() for line in lines)] == sorted(
        lines
    )


def test_many_lines_are_not_held() -> None:
    """100 MB of lines are sorted in a process that grows by 20 MB at most."""
    sizes = [_resident_kib()]

    def lines() -> Iterable[bytes]:
        for number in range(100_000):
            if number % 5000 == 0:
                sizes.append(_resident_kib())
            yield f"{number * 7919 % 100_003:06}".encode() * 170

    last = b""
    for number, line in enumerate(sorted_lines(lines())):
        assert last < line
        last = line
        if number % 5000 == 0:
            sizes.append(_resident_kib())
    assert max(sizes) - sizes[0] < 20_000


def _resident_kib() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
