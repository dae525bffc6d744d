from pathlib import Path

import pytest

from gonerd.errors import InputError, OutputError
from gonerd.files import folder_to_write, read_json, read_lines, text_to_write, write_text

ENDINGS = ["x.jsonl", "x.jsonl.gz", "x.jsonl.zst"]


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
