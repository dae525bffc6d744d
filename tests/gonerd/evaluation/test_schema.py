"""The form of a result: what is written is valid, and what is not is refused by the field's name."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gonerd.cli.main import run
from gonerd.errors import InputError, SchemaError
from gonerd.evaluation.schema import read_result, require_valid_result, result_schema
from tests.gonerd.evaluation.results import put, result_of_rules, run_of_rules

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)


def _nodes(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        yield path, node
        for key, inner in node.items():
            yield from _nodes(inner, f"{path}/{key}")


def test_the_schema_is_one_and_refuses_unknown_fields_everywhere() -> None:
    schema = result_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == "urn:gonerd:result:2"
    open_ones = []
    for path, node in _nodes(schema):
        if path.endswith(("/properties", "/if", "/then")) or "/if/" in path:
            continue
        if "properties" in node:
            assert node["additionalProperties"] is False, path
            optional = node["properties"].keys() - set(node["required"])
            assert optional == ({"perturbation"} if path == "/properties/seeds" else set())
        elif node.get("type") == "object" and "additionalProperties" not in node:
            open_ones.append(path)
        if {"type", "const", "enum"} & node.keys():
            assert node["title"], f"{path} has no words for a message"
    assert open_ones == ["/$defs/model/properties/details"]


def test_a_run_is_valid_for_this_schema_and_for_any_validator() -> None:
    record = result_of_rules()
    require_valid_result(record, "result.json")
    Draft202012Validator(result_schema()).validate(record)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("schema_version", 1, "schema_version is 1, expected 2, the version that this gonerd reads"),
        ("schema_version", 2.0, "schema_version is 2.0, expected 2, the version that this"),
        ("schema_version", ..., "schema_version is missing"),
        ("created", "2026-02-30T10:00:00Z", "created is .2026-02-30.*expected a time with its zone"),
        ("created", "0001-01-01T00:00:00+14:00", "created is .0001.*expected a time"),
        ("scores.full.tp", 10**400, "scores.full.tp is a huge number, expected a whole number from"),
        ("efficiency.seconds", 10**400, "efficiency.seconds is a huge number, expected a number"),
        ("surprise", 1, "surprise is unknown"),
        ("scores.full.ci.extra", 1, "scores.full.ci.extra is unknown"),
        ("scores.full.by_type.PER.ci", ..., "scores.full.by_type.PER.ci is missing"),
        ("scores.full.f1", 1.5, "scores.full.f1 is 1.5, expected a number from 0 to 1"),
        ("scores.full.f1", True, "scores.full.f1 is true, expected a number from 0 to 1"),
        ("scores.full.f1", float("nan"), "scores.full.f1 is NaN, expected a number from 0 to 1"),
        ("efficiency.seconds", float("inf"), "seconds is Infinity, expected a number from 0"),
        ("scores.full.tp", 3.0, "scores.full.tp is 3.0, expected a whole number from 0"),
        ("scores.full.ci.f1", [0.5], r"expected a pair \[low, high\]"),
        ("scores.full.errors.missed", -1, "errors.missed is -1, expected a whole number from 0"),
        ("model.revision", "main", "revision is \"main\", expected 40 hex digits: a revision that st"),
        ("model.details", None, "model.details is null, expected an object"),
        ("policy.mode", "oracle", 'policy.mode is "oracle", expected native, window or truncate'),
        ("policy.perturbation", {"kind": "typos"}, "policy.perturbation.rate is missing"),
        ("dataset.notice", "", 'dataset.notice is "", expected a string that is not empty, or null'),
        ("created", "yesterday", "expected a time with its zone"),
        ("command.0", 7, "command.0 is 7, expected a string"),
        ("provenance", "rerun", "\"self_reported\": a run can't vouch for itself"),
        ("artifacts.0.path", "../x", "artifacts.0.path is \"../x\", expected the name of a file"),
        ("efficiency.by_length", [{"len": 0}], r"by_length.0.len is 0, expected a whole number from 1"),
        ("x" * 200, 1, "field x{79}… is unknown"),
        ("a\x1b[2Jb", 1, r"field a\\x1b\[2Jb is unknown"),
    ],
)  # fmt: skip
def test_one_wrong_field_is_named_in_one_sentence(path: str, value: Any, words: str) -> None:
    with pytest.raises(SchemaError, match=words) as caught:
        require_valid_result(put(result_of_rules(), path, value), "run/result.json")
    assert str(caught.value).startswith("run/result.json: field ")
    assert "\n" not in str(caught.value)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_value_in_any_field_is_accepted_or_refused_in_one_sentence(data: st.DataObject) -> None:
    record = result_of_rules()
    inner: Any = record
    while isinstance(inner, dict) and inner:
        parent, key = inner, data.draw(st.sampled_from(sorted(inner)))
        inner = inner[key]
        if data.draw(st.booleans()):
            break
    parent[key] = data.draw(JSON)
    try:
        require_valid_result(record, "result.json")
    except SchemaError as problem:
        said = str(problem)
        assert said.startswith("result.json: field ")
        assert said.isprintable()


def test_a_run_is_read_from_its_folder_or_its_file(tmp_path: Path) -> None:
    result = run_of_rules(tmp_path / "run")
    assert read_result(tmp_path / "run") == read_result(tmp_path / "run/result.json") == result


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", r"result\.json: not JSON"),
        ("[]", r"result\.json: the file is a list of 0, expected an object"),
        ('{"schema_version": NaN}', r"result\.json: NaN is no number of JSON"),
        ('{"schema_version": 2, "run_id": "\\ud800"}', "half of a surrogate pair"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_what_is_no_result_is_refused_in_one_sentence(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(SchemaError, match=words):
        read_result(tmp_path)


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no result\.json; expected a run of gonerd eval"):
        read_result(tmp_path)
    with pytest.raises(InputError, match="nowhere does not exist"):
        read_result(tmp_path / "nowhere")


def test_the_scores_of_files_have_the_form_of_a_result_s(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_of_rules(tmp_path / "run")
    assert run(["score", "sample", str(tmp_path / "run"), "--paper", "--json"]) == 0
    schema = {"$ref": "#/$defs/scores", "$defs": result_schema()["$defs"]}
    Draft202012Validator(schema).validate(json.loads(capsys.readouterr().out))
