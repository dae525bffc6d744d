"""A result in the forms that others read: each is read back by the package that it is for."""

import csv
import io
import json
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard, parse_eval_result_entries

from gonerd.dataset.card import SYNTHETIC_NOTICE
from gonerd.errors import ConfigError
from gonerd.evaluation.exports import FORMS, exported
from tests.gonerd.evaluation.results import put, result_of_rules

HOSTILE = '=HYPERLINK("x")\n- & 50% {of} $x$_#~^\\<b>: "q" \'a\''


def test_a_model_index_is_read_back_by_huggingface_hub() -> None:
    result = result_of_rules()
    text = exported(result, "model-index", hub_dataset="acme/gonerd")
    card = ModelCard(f"---\n{text}---\n# A model\n").data
    full = result["scores"]["full"]
    assert card.model_name == "rules"
    found = {entry.metric_name: entry for entry in card.eval_results}
    assert found["F1"].metric_value == full["f1"]
    assert found["F1"].metric_args["interval"] == full["ci"]["f1"]
    assert SYNTHETIC_NOTICE in found["F1"].metric_args["note"]
    assert found["Recall"].metric_value == full["recall"]
    assert {name for name in found if name.startswith("F1 ")} == {
        f"F1 {label}" for label in full["by_type"]
    }
    for entry in card.eval_results:
        assert entry.dataset_type == "acme/gonerd"
        assert entry.dataset_split == "test"
        assert entry.dataset_revision == result["dataset"]["revision"]
        assert entry.task_type == "token-classification"
        assert entry.verified is None


def test_the_hub_s_results_are_read_back_by_huggingface_hub() -> None:
    result = result_of_rules()
    (entry,) = parse_eval_result_entries(
        yaml.safe_load(exported(result, "hub", hub_dataset="acme/gonerd"))
    )
    assert (entry.dataset_id, entry.task_id) == ("acme/gonerd", "ner")
    assert entry.value == result["scores"]["full"]["f1"]
    assert entry.date == result["created"]
    assert "all 799 gold entities" in entry.notes
    assert entry.notes.endswith(SYNTHETIC_NOTICE)


@pytest.mark.parametrize(
    ("form", "hub_dataset", "words"),
    [
        ("hub", None, "--as hub needs --hub-dataset NAMESPACE/NAME"),
        ("hub", "gonerd", "--hub-dataset is 'gonerd', expected NAMESPACE/NAME"),
        ("model-index", "a/b@main", "--hub-dataset is 'a/b@main', expected NAMESPACE/NAME"),
        ("csv", "acme/gonerd", "--as csv has no use for --hub-dataset"),
    ],
)
def test_a_dataset_s_name_goes_where_it_is_needed(
    form: Any, hub_dataset: str | None, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        exported(result_of_rules(), form, hub_dataset=hub_dataset)


def test_a_stress_test_is_no_entry_of_the_hub_s_leaderboard_and_says_so_elsewhere() -> None:
    changed = {"kind": "typos", "rate": 0.1, "seed": 3}
    result = put(result_of_rules(), "policy.perturbation", changed)
    with pytest.raises(ConfigError, match="this run's texts were changed on purpose"):
        exported(result, "hub", hub_dataset="acme/gonerd")
    (entry,) = yaml.safe_load(exported(result, "model-index"))["model-index"]
    note = entry["results"][0]["metrics"][0]["args"]["note"]
    assert "texts changed on purpose: typos at 0.1" in note


# What schema 0.2.1 asks for, read off https://github.com/evaleval/every_eval_ever (eval.schema.json there).
REQUIRED = {
    "schema_version", "evaluation_id", "retrieved_timestamp", "source_metadata", "model_info", "eval_library",
    "evaluation_results",
}  # fmt: skip
KNOWN = REQUIRED | {"evaluation_timestamp", "dedupe_identity", "detailed_evaluation_results"}
SOURCE = {"dataset_name", "source_type", "additional_details"}
HF_SOURCE = SOURCE | {"hf_repo", "hf_split", "samples_number", "sample_ids"}


@pytest.mark.parametrize("hub_dataset", [None, "acme/gonerd"])
def test_every_eval_ever_gets_what_its_schema_asks_for(hub_dataset: str | None) -> None:
    result = result_of_rules()
    record = json.loads(exported(result, "every-eval-ever", hub_dataset=hub_dataset))
    assert record.keys() >= REQUIRED
    assert record.keys() <= KNOWN
    assert record["schema_version"] == "0.2.1"
    assert record["evaluation_id"] == f"gonerd/rules/{record['retrieved_timestamp']}"
    assert float(record["retrieved_timestamp"]) > 1e9
    source = record["source_metadata"]
    assert source["source_type"] in ("documentation", "evaluation_run")
    assert source["evaluator_relationship"] in (
        "first_party",
        "third_party",
        "collaborative",
        "other",
    )
    assert isinstance(source["source_organization_name"], str)
    assert record["eval_library"].keys() >= {"name", "version"}
    assert record["model_info"].keys() >= {"name", "id"}
    for entry in record["evaluation_results"]:
        data = entry["source_data"]
        assert data.keys() <= (SOURCE if hub_dataset is None else HF_SOURCE)
        assert data["source_type"] == ("other" if hub_dataset is None else "hf_dataset")
        assert data.get("hf_repo") == hub_dataset
        metric = entry["metric_config"]
        assert metric["lower_is_better"] is False
        assert (metric["score_type"], metric["min_score"], metric["max_score"]) == (
            "continuous",
            0,
            1,
        )
        assert 0 <= entry["score_details"]["score"] <= 1
        assert entry["generation_config"]["generation_args"].keys() <= {"execution_command"}
    for details in _details(record):
        assert all(isinstance(value, str) for value in details.values())


def _details(value: Any) -> list[dict[str, Any]]:
    """The `additional_details` and `details` of a record, in which every value must be a string."""
    if isinstance(value, list):
        return [found for inner in value for found in _details(inner)]
    if not isinstance(value, dict):
        return []
    names = ("additional_details", "details")
    inner = [found for name, part in value.items() if name not in names for found in _details(part)]
    return [value[name] for name in names if name in value] + inner


def test_every_eval_ever_has_f1_with_its_interval() -> None:
    result = result_of_rules()
    record = json.loads(exported(result, "every-eval-ever"))
    by_name = {entry["evaluation_name"]: entry for entry in record["evaluation_results"]}
    headline = by_name["sample F1"]["score_details"]
    full = result["scores"]["full"]
    assert headline["score"] == full["f1"]
    interval = headline["uncertainty"]["confidence_interval"]
    assert [interval["lower"], interval["upper"]] == full["ci"]["f1"]
    assert headline["uncertainty"]["num_samples"] == 25
    assert by_name["sample F1 PER"]["score_details"]["score"] == full["by_type"]["PER"]["f1"]
    compat = by_name["sample F1 as in arXiv 2311.13657"]
    assert "uncertainty" not in compat["score_details"]
    assert "seqeval" in compat["metric_config"]["evaluation_description"]
    assert by_name["sample F1"]["generation_config"]["generation_args"] == {
        "execution_command": "gonerd eval --model rules"
    }


def test_the_csv_has_one_row_a_score() -> None:
    result = result_of_rules()
    rows = list(csv.DictReader(io.StringIO(exported(result, "csv"))))
    by_place = {(row["score"], row["by"], row["name"]): row for row in rows}
    assert len(by_place) == len(rows)
    full = result["scores"]["full"]
    whole = by_place["full", "", ""]
    assert (int(whole["tp"]), float(whole["f1"])) == (full["tp"], full["f1"])
    assert [float(whole["f1_low"]), float(whole["f1_high"])] == full["ci"]["f1"]
    news = by_place["full", "source", "news"]
    assert float(news["f1"]) == full["by_source"]["news"]["f1"]
    assert news["f1_low"] == ""
    assert by_place["paper_compat", "type", "PER"]["tp"] == ""
    assert by_place["common_window_4096", "type", "MISC"]["fn"] == str(
        result["scores"]["common_window_4096"]["by_type"]["MISC"]["fn"]
    )


def test_the_latex_row_is_in_per_cent_with_its_interval() -> None:
    result = result_of_rules()
    full = result["scores"]["full"]
    low, high = (f"{100 * end:.1f}" for end in full["ci"]["f1"])
    text = exported(result, "latex")
    assert f"& {100 * full['f1']:.1f} ({low}–{high}) &" in text
    assert r"model & P & R & F1 & PER & ORG & LOC & MISC & reach \\" in text
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == 1


@pytest.mark.parametrize("form", FORMS)
def test_hostile_names_stay_text_in_every_form(form: Any) -> None:
    result = put(put(result_of_rules(), "model.id", HOSTILE), "dataset.id", HOSTILE)
    put(result, "scores.full.by_source", {HOSTILE: result["scores"]["full"]["by_source"]["news"]})
    named = "acme/gonerd" if form == "hub" else None
    text = exported(result, form, hub_dataset=named)
    match form:
        case "model-index":
            (entry, *_) = yaml.safe_load(text)["model-index"]
            assert entry["name"] == HOSTILE
        case "hub":
            assert len(yaml.safe_load(text)) == 1
        case "every-eval-ever":
            assert json.loads(text)["model_info"]["id"] == HOSTILE
        case "csv":
            for row in csv.reader(io.StringIO(text)):
                assert len(row) == 17
                assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]
            assert f"'{HOSTILE}" in [row["name"] for row in csv.DictReader(io.StringIO(text))]
        case "latex":
            (row,) = (
                line for line in text.splitlines() if "HYPER" in line and line.endswith("\\\\")
            )
            assert r"\& 50\% \{of\} \$x\$\_\#\textasciitilde{}" in row
            assert r"\textbackslash{}$<$b$>$" in row
