import os
from pathlib import Path

import pytest

from gonerd.errors import InputError, OutputError
from gonerd.files import (
    folder_to_write,
    read_json,
    read_lines,
    require_folder_to_write,
    text_to_write,
    write_text,
)

ENDINGS = ["x.jsonl", "x.jsonl.gz", "x.jsonl.xz", "x.jsonl.zst"]


@pytest.mark.parametrize("name", ENDINGS)
def test_only_line_feeds_end_a_line_in_any_compression(tmp_path: Path, name: str) -> None:
    with text_to_write(tmp_path / name) as out:
        out.write("a\u2028b\x85c\rd\ne\n")
    assert list(read_lines(tmp_path / name)) == [(1, "a\u2028b\x85c\rd"), (2, "e")]
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ENDINGS[1:])
def test_a_compressed_file_that_is_cut_off_is_told(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with text_to_write(path) as out:
        out.writelines(f"{number * 7919}\n" for number in range(20_000))
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(InputError, match=rf"{name}:\d+: the compressed data is broken or cut off"):
        list(read_lines(path))


@pytest.mark.parametrize("name", ENDINGS[1:])
def test_a_file_that_is_not_compressed_as_its_name_says_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"plain text")
    with pytest.raises(InputError, match=":1: the compressed data is broken"):
        list(read_lines(tmp_path / name))


@pytest.mark.parametrize("name", ENDINGS)
def test_a_writer_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path, name: str) -> None:
    write_text(tmp_path / name, "old\n")
    with pytest.raises(ZeroDivisionError), text_to_write(tmp_path / name, overwrite=True) as out:
        out.write("new")
        1 / 0  # noqa: B018
    assert list(read_lines(tmp_path / name)) == [(1, "old")]
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_that_exists_is_not_replaced_unasked(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "1")
    with pytest.raises(OutputError, match=r"a exists already; give another name, or --force"):
        write_text(tmp_path / "a", "2")
    write_text(tmp_path / "a", "2", overwrite=True)
    assert (tmp_path / "a").read_text() == "2"


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeffa\n\ufeffb\n".encode())
    assert list(read_lines(tmp_path / "a.txt")) == [(1, "a"), (2, "\ufeffb")]


def test_a_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), folder_to_write(tmp_path / "f") as folder:
        (folder / "half").write_text("1")
        1 / 0  # noqa: B018
    assert list(tmp_path.iterdir()) == []
    with folder_to_write(tmp_path / "f") as folder:
        (folder / "whole").write_text("1")
    with pytest.raises(OutputError, match="exists already"), folder_to_write(tmp_path / "f"):
        pass
    with folder_to_write(tmp_path / "f", overwrite=True) as folder:
        (folder / "other").write_text("2")
    assert [path.name for path in (tmp_path / "f").iterdir()] == ["other"]
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_bytes_that_are_not_utf8_are_named_by_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"fine\nbad \xff\n")
    with pytest.raises(InputError, match=r"a.jsonl:2: byte 0xff at column 5 is not UTF-8"):
        list(read_lines(tmp_path / "a.jsonl"))


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="gone does not exist"):
        list(read_lines(tmp_path / "gone"))
    with pytest.raises(InputError, match="is a folder, a file was expected"):
        list(read_lines(tmp_path))


def test_broken_json_is_named_by_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1,\n oops}')
    with pytest.raises(InputError, match=r"a.json:2: not JSON at column 2"):
        read_json(tmp_path / "a.json")


def test_a_dash_writes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with text_to_write("-") as out:
        out.write("héllo\n")
    assert capsys.readouterr().out == "héllo\n"


def test_what_is_no_folder_is_never_replaced_by_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("kept")
    with (
        pytest.raises(OutputError, match="a is a file, the name of a folder was expected"),
        folder_to_write(tmp_path / "a", overwrite=True),
    ):
        pass
    assert (tmp_path / "a").read_text() == "kept"


@pytest.mark.parametrize("path", [".", "..", "/"])
def test_a_folder_without_a_name_of_its_own_is_never_replaced(
    tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path / "inside")
    with (
        pytest.raises(OutputError, match="give the folder a name of its own"),
        folder_to_write(Path(path), overwrite=True),
    ):
        pass


def test_a_folder_that_holds_what_is_read_is_never_replaced(tmp_path: Path) -> None:
    write_text(tmp_path / "crawl" / "documents.jsonl", "1")
    documents = [tmp_path / "crawl" / "documents.jsonl"]
    with pytest.raises(
        OutputError, match=r"crawl would be replaced, and .*documents.jsonl lies in it"
    ):
        require_folder_to_write(tmp_path / "crawl", overwrite=True, inputs=documents)
    require_folder_to_write(tmp_path / "crawl2", overwrite=True, inputs=documents)


def test_a_file_takes_the_place_of_no_folder_and_no_device(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with (
        pytest.raises(OutputError, match="folder is a folder, the name of a file was expected"),
        text_to_write(tmp_path / "folder", overwrite=True),
    ):
        pass
    os.mkfifo(tmp_path / "pipe")
    with (
        pytest.raises(OutputError, match="pipe is no ordinary file; `-` is standard output"),
        text_to_write(tmp_path / "pipe", overwrite=True),
    ):
        pass
