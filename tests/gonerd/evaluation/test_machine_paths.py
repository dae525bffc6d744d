import pytest

from gonerd.evaluation.machine_paths import public_command, without_machine_paths


@pytest.mark.parametrize(
    ("said", "public"),
    [
        ("/home/me/models/tagger", "tagger"),
        ("gonerd:/home/me/model/", "gonerd:model"),
        ("spacy:~/pipelines/small", "spacy:small"),
        ("preds:~me/runs/a.jsonl", "preds:a.jsonl"),
        ("--out=/tmp/run", "--out=run"),
        ("../../data/x.jsonl", "x.jsonl"),
        ("cmd:python /opt/tools/ner.py --weights /data/w.bin", "cmd:python ner.py --weights w.bin"),
        ("[Errno 2] No such file or directory: '/a/b/c.txt'", "[Errno 2] No such file or directory: 'c.txt'"),
        # what is public stays
        ("runs/rules", "runs/rules"),
        ("./runs/rules", "./runs/rules"),
        ("hf:acme/tagger@main", "hf:acme/tagger@main"),
        ("https://example.org/a/b", "https://example.org/a/b"),
        ("PER=PER,DATE=-", "PER=PER,DATE=-"),
        ("9 / 3 and 1/2", "9 / 3 and 1/2"),
    ],
)  # fmt: skip
def test_only_names_are_left_of_a_machines_folders(said: str, public: str) -> None:
    assert without_machine_paths(said) == public
    assert public_command(["gonerd", said]) == ["gonerd", public]
