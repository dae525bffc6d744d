"""The tables' records and files, of scores that are given."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gonerd_baselines.distillation.students import student_from
from gonerd_baselines.paper import TABLES as PRINTED
from gonerd_baselines.pretraining.shape import ModelShape, checkpoint_from_shape
from gonerd_baselines.reproduction.cell import RunScores
from gonerd_baselines.reproduction.kind import settings_lines
from gonerd_baselines.reproduction.kinds import KINDS
from gonerd_baselines.reproduction.record import table_record
from gonerd_baselines.reproduction.reproducing import plan_reproduction
from gonerd_baselines.reproduction.rows import TableSpec
from gonerd_baselines.reproduction.runs import Runs
from gonerd_baselines.reproduction.scale import scale_named
from gonerd_baselines.reproduction.shown import finding_lines
from gonerd_baselines.reproduction.tables import TABLES, planned
from gonerd_baselines.reproduction.writing import write_table
from gonerd_baselines.tasks.options import FINETUNE_SECTIONS
from gonerd_baselines.training import recipe as recipe_module
from gonerd_baselines.training.recipe import read_recipe
from tests.baselines.reproduction.scores import run

SAID = {
    "scale": {
        "name": "tiny",
        "title": "a title",
        "set": ["seeds=[0, 1]"],
        "teacher": "2 layers of 32",
        "from_scratch": True,
        "seeds": [0, 1],
    },
    "hardware": "a processor",
    "machine": {},
    "data": {"sample newsroom": "sample"},
}
LABELS = ("PER", "ORG", "LOC", "MISC")
GLUE = {"glue/rte": "RTE", "glue/sts-b": "STS-B"}


def made(name: str, scale: str = "tiny", **options) -> TableSpec:
    _, tables, _ = planned(Runs(scale_named(scale), **options), [name])
    return tables[0]


def names_of(table: TableSpec) -> dict[str, RunScores]:
    """Teachers do better than students, and those better than what learned without a teacher."""
    found = {}
    for row in table.rows:
        share = 0.8 if not row.teachers else 0.6 if row.control else 0.75
        for runs in row.runs.values():
            for seed, name in enumerate(runs):
                one = run(share, seed + len(row.name))
                metrics = ("f1", *(f"f1_{label}" for label in LABELS))
                found[name] = RunScores(
                    dict.fromkeys(metrics, one.values["f1"]),
                    one.units,
                    dict.fromkeys(metrics, one.counts["f1"]),
                )
    return found


def cells(record: dict) -> Iterator[tuple[str, str, dict]]:
    for row in record["rows"]:
        for column, cell in row["cells"].items():
            yield row["name"], column, cell


def test_table_6_stands_beside_the_papers() -> None:
    table = made("table6")
    record = table_record(table, names_of(table), said=SAID, why={})
    found = {(row, column): cell for row, column, cell in cells(record)}
    student = found["longformer-student", "gonerd:ALL"]
    assert student["paper"] == {"text": "67.7", "kept": pytest.approx(67.7 / 70.6)}
    assert student["kept"]["of"] == "longformer"
    assert student["kept"]["value"] == pytest.approx(0.75 / 0.8, abs=0.05)
    assert student["kept"]["over"] == "documents"
    assert found["longformer.mlm", "gonerd:ALL"]["paper"] is None
    for row, _, cell in cells(record):
        if cell["paper"]:
            assert cell["ours"], row


@pytest.mark.parametrize("name", ["table3", "table5", "table6", "table7", "table8", "table11"])
def test_every_row_of_the_paper_is_named_as_it_prints_it(name: str) -> None:
    table = made(name, "paper")
    printed = PRINTED[name]
    rows, columns = (
        {each.paper for each in of if each.paper} for of in (table.rows, table.columns)
    )
    assert rows <= set(printed.cells)
    assert columns <= set(printed.columns)
    assert len(rows) >= 4
    # All that it measures, but for seconds and memory, which are of the bench.
    assert set(printed.columns) - columns <= {"seconds", "megabytes"}


def test_what_failed_is_said_in_its_cells(tmp_path: Path) -> None:
    table = made("table6")
    scores = names_of(table)
    broken = table.rows[1].runs["gonerd"][0]
    del scores[broken]
    record = table_record(table, scores, said=SAID, why={broken: "the disk is full"})
    cell = record["rows"][1]["cells"]["gonerd:ALL"]
    assert cell["ours"] is None
    assert cell["missing"] == "the disk is full"
    write_table(record, tmp_path, note=lambda _: None)
    text = (tmp_path / "table6.txt").read_text()
    assert "failed: the disk is full" in text


def test_what_was_measured_on_validation_is_said(tmp_path: Path) -> None:
    table = made("table6")
    for split, said in (("validation", True), ("test", False)):
        scores = {name: replace(each, split=split) for name, each in names_of(table).items()}
        record = table_record(table, scores, said=SAID, why={})
        assert record["splits"] == {"gonerd": [split]}
        write_table(record, tmp_path, note=lambda _: None)
        text = (tmp_path / "table6.txt").read_text()
        line = "Measured on the validation split, which also chose the weights: gonerd."
        assert (line in text) == said


def test_findings_say_what_is_kept_and_what_a_teacher_adds() -> None:
    table = made("table6")
    record = table_record(table, names_of(table), said=SAID, why={})
    kept, *over = record["findings"]
    assert kept["what"] == "most kept"
    assert {each["of"] for each in over} == {"longformer.mlm", "longformer.mlm-more", "shallow"}
    assert all(each["value"] > 0.1 and each["interval"][0] > 0 for each in over)


def test_a_control_is_set_against_students_that_read_as_much() -> None:
    table = made("table6")
    scores = names_of(table)
    more = [row for row in table.rows if row.more and not row.control]
    assert {row.name for row in more} == {"longformer.task", "longformer.first"}
    for row in more:
        for name in (name for runs in row.runs.values() for name in runs):
            scores[name] = replace(
                scores[name], values={"f1": 0.99, **{f"f1_{x}": 1.0 for x in LABELS}}
            )
    record = table_record(table, scores, said=SAID, why={})
    _, *over = record["findings"]
    by_control = {each["of"]: each for each in over}
    assert by_control.pop("longformer.mlm-more")["row"] == "longformer.task"
    assert set(by_control) == {"longformer.mlm", "shallow"}
    assert not {row.name for row in more} & {each["row"] for each in by_control.values()}
    assert {each["chosen_from"] for each in by_control.values()} == {2}
    lines = finding_lines(record)
    assert "the best student of 2, chosen by these numbers, less" in lines[1]


def test_random_weights_with_a_teacher_are_set_against_the_same_without() -> None:
    texts = {role: ["texts"] for role in ("web", "books", "wiki")}
    runs = Runs(scale_named("small"), data={"gonerd": "data"}, texts=texts)
    plan, (table,), _ = planned(runs, ["table6"])
    scores = names_of(table)
    (row,) = (row for row in table.rows if row.against)
    for seed, name in enumerate(row.runs["gonerd"]):
        better = run(0.7, seed)
        scores[name] = replace(
            scores[name],
            values=dict.fromkeys(scores[name].values, better.values["f1"]),
            counts=dict.fromkeys(scores[name].counts, better.counts["f1"]),
        )
    record = table_record(table, scores, said=SAID, why={})
    (found,) = (each for each in record["findings"] if each["what"] == "by its teacher")
    assert (found["row"], found["of"]) == ("longformer.random", "longformer.random-mlm")
    assert 0.05 < found["value"] < 0.15
    (line,) = (each for each in finding_lines(record) if "random first weights less" in each)
    assert line.partition(" less ")[2].startswith(
        "Longformer's half, random first weights, MLM alone: +"
    )
    one, other = (plan[f"distill-{name}"].settings for name in (row.name, row.against))
    assert one["recipe"] == "control-random"
    assert other["recipe"] == "control-mlm"
    assert other["set"] == {**one["set"], "student.choice": "random"}


def test_what_a_teacher_adds_is_known_before_what_is_beyond_the_paper() -> None:
    """A run that is stopped early has the controls."""
    names = [step.name for step in plan_reproduction(["table6"], scale="tiny").plan.steps]
    assert names.index("distill-longformer.mlm") < names.index("distill-longformer.mha")


def test_the_plan_for_one_gpu_leaves_time_for_what_is_no_training() -> None:
    """Of 25 minutes; the guess is by a fifth of the peak that was measured."""
    texts = {role: [role] for role in ("web", "books", "wiki")}
    data = {"gonerd": "worldwide.jsonl.gz"}
    found = plan_reproduction(["table6"], scale="small-gpu", texts=texts, data=data)
    operations = sum(step.operations for step in found.plan.steps)
    assert found.scale.operations_a_second <= 0.2 * 790e12
    assert operations / found.scale.operations_a_second < 18 * 60


@pytest.mark.parametrize("scale", ["small", "small-gpu", "paper"])
def test_every_student_of_local_relations_has_a_window_or_a_reach(scale: str) -> None:
    texts = {role: [role] for role in ("web", "books", "wiki")} if scale.startswith("small") else {}
    every = '["lsg", "nystromformer", "longformer", "bigbird"]'
    found = plan_reproduction(
        ["table6"],
        scale=scale,
        texts=texts,
        data={"gonerd": "worldwide.jsonl.gz"},
        settings=[f"attentions={every}", f"beyond_attentions={every}", "beyond_objectives=[]"],
    )
    local = {s.name: s for s in found.plan.steps if s.settings.get("recipe") == "local-mha"}
    assert len(local) == 4
    reaches = {name: step.settings["set"].get("reach") for name, step in local.items()}
    assert reaches.pop("distill-nystromformer.local-mha")
    assert set(reaches.values()) == {None}


def test_a_recipe_of_ones_own_is_part_of_what_a_step_is(tmp_path: Path) -> None:
    recipe = tmp_path / "own.toml"
    recipe.write_text("[distillation]\nod = 1.0\n")
    scale = scale_named("tiny")
    own = replace(scale.objective["paper"], recipe=str(recipe))
    runs = Runs(replace(scale, objective={**scale.objective, "paper": own}))
    plan, _, _ = planned(runs, ["table6"])
    step = plan["distill-longformer.paper"]
    before = plan.fingerprints(lambda _: "", KINDS)
    recipe.write_text("[distillation]\nod = 2.0\n")
    after = plan.fingerprints(lambda _: "", KINDS)
    assert before[step.name] != after[step.name]
    assert before["distill-longformer.mha"] == after["distill-longformer.mha"]


def test_a_recipe_that_ships_is_part_of_what_a_step_is(monkeypatch, tmp_path: Path) -> None:
    plan, _, _ = planned(Runs(scale_named("tiny")), ["table6"])
    before = plan.fingerprints(lambda _: "", KINDS)
    shipped = Path(recipe_module.__file__).parents[1] / "recipes"
    other = tmp_path / "recipes"
    shutil.copytree(shipped, other)
    for name, said, says in (
        ("distill/paper", "od = 5.0", "od = 4.0"),
        ("finetune/ner", "epochs = 10", "epochs = 11"),
    ):
        recipe = other / f"{name}.toml"
        text = recipe.read_text()
        assert said in text
        recipe.write_text(text.replace(said, says))
    monkeypatch.setattr(recipe_module, "files", lambda _: other)
    after = plan.fingerprints(lambda _: "", KINDS)
    changed = {name for name in before if before[name] != after[name]}
    assert "distill-longformer.paper" in changed
    assert "finetune-gonerd-longformer-s0" in changed
    assert not changed & {"pretrain-full", "distill-longformer.mha", "continue-longformer"}


def test_averages_are_over_numbers_and_over_tasks() -> None:
    table = made("table3", "small", data=GLUE, texts={"web": ["w"], "books": ["b"], "wiki": ["k"]})
    scores = {
        name: RunScores({"accuracy": 0.6, "pearson": 0.8, "spearman": 0.9})
        for row in table.rows
        for runs in row.runs.values()
        for name in runs
    }
    record = table_record(table, scores, said=SAID, why={})
    first = record["rows"][0]["cells"]
    assert first["glue:numbers"]["ours"]["value"] == pytest.approx((0.6 + 0.8 + 0.9) / 3)
    assert first["glue:tasks"]["ours"]["value"] == pytest.approx((0.6 + 0.85) / 2)
    # Two of eight tasks are no average that the paper prints.
    assert first["glue:numbers"]["paper"] is None
    assert first["glue/rte:accuracy"]["paper"]["text"] == "78.7"


def test_what_is_kept_of_an_average_is_one_mean_over_the_other() -> None:
    table = made("table3", "small", data=GLUE, texts={"web": ["w"], "books": ["b"], "wiki": ["k"]})
    scores = {}
    for row in table.rows:
        numbers = (0.2, 0.6, 0.7) if row.teachers else (0.4, 0.6, 0.8)
        for runs in row.runs.values():
            for name, number in zip(runs, numbers, strict=True):
                values = dict.fromkeys(("accuracy", "pearson", "spearman"), number)
                scores[name] = RunScores(values)
    record = table_record(table, scores, said=SAID, why={})
    student = next(row for row in record["rows"] if row["teachers"])["cells"]
    for column in ("glue:numbers", "glue/rte:accuracy"):
        assert student[column]["kept"]["value"] == pytest.approx(1.5 / 1.8)


def test_table_7_takes_each_share_of_what_can_read_the_task() -> None:
    table = made("table7", "paper")
    scores = {
        name: RunScores({"f1": 0.5 + 0.1 * place, "accuracy": 0.5 + 0.1 * place})
        for place, row in enumerate(table.rows)
        for runs in row.runs.values()
        for name in runs
    }
    record = table_record(table, scores, said=SAID, why={})
    both = record["rows"][3]["cells"]
    assert both["gonerd:ALL"]["kept"]["of"] == "convert"
    assert both["conll2003:ALL"]["kept"]["of"] == "full"
    assert both["gonerd:ALL"]["paper"]["text"] == "-4.1%"


def test_a_table_is_written_in_four_forms(tmp_path: Path) -> None:
    table = made("table6")
    record = table_record(table, names_of(table), said=SAID, why={})
    written = write_table(record, tmp_path, note=lambda _: None)
    assert [path.name for path in written] == [
        f"table6.{ending}" for ending in ("json", "txt", "tex", "png", "svg")
    ]
    assert json.loads((tmp_path / "table6.json").read_text())["rows"] == record["rows"]
    text = (tmp_path / "table6.txt").read_text()
    assert "these are not the paper's numbers made anew" in text
    assert "Longformer's student" in text
    tex = (tmp_path / "table6.tex").read_text()
    assert tex.count(r"\begin{tabular}") == tex.count(r"\end{tabular}") == 3
    for block in tex.split(r"\begin{tabular}{")[1:]:
        columns = len(block.partition("}")[0])
        body = block.partition(r"\midrule")[2].partition(r"\bottomrule")[0]
        lines = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert lines
        assert {line.count(" & ") + 1 for line in lines} == {columns}
    assert (tmp_path / "table6.png").stat().st_size > 10_000


def test_every_scale_that_ships_can_plan_what_it_has_data_for() -> None:
    named = {role: [role] for role in ("web", "books", "wiki", "multilingual")}
    steps = {}
    for scale in ("tiny", "small", "small-gpu", "paper"):
        own = scale in ("tiny", "paper")
        options = {} if own else {"texts": named, "data": {"gonerd": "worldwide.jsonl.gz", **GLUE}}
        plan, tables, missing = planned(Runs(scale_named(scale), **options), list(TABLES))
        steps[scale] = len(plan.steps)
        assert {table.name for table in tables} | set(missing) == set(TABLES)
        assert missing.keys() <= {"table3", "table5", "table11"}
    assert steps["tiny"] < steps["small"] < steps["paper"]


@pytest.mark.parametrize("scale", ["tiny", "small", "small-gpu", "paper"])
def test_no_task_is_read_at_more_tokens_than_the_shortest_of_its_models(scale: str) -> None:
    held = scale_named(scale)
    for name, task in held.tasks.items():
        recipe = "ner" if name in ("gonerd", "conll2003") else name.partition("/")[0]
        lines = settings_lines({"set": {**held.finetuning, **task.settings}})
        read = read_recipe("finetune", recipe, FINETUNE_SECTIONS, lines)
        assert (read["task"].max_len or 0) <= (held.long if task.long else held.short), name


def test_students_of_every_shape_can_be_made() -> None:
    table = made("companion")
    teacher = checkpoint_from_shape(
        ModelShape(layers=2, hidden_size=32, heads=2, intermediate_size=64, max_length=128),
        vocabulary=300,
        pad=1,
        special={},
        seed=0,
    )
    plan = plan_reproduction(["companion"], scale="tiny").plan
    shapes = {}
    for step in plan.steps:
        if step.kind == "distill":
            student = student_from(teacher, step.settings["set"]["student.choice"])
            config = student.checkpoint.encoder.config
            shapes[step.name.rpartition(".")[2]] = (config.num_hidden_layers, config.hidden_size)
            # Only where the width is the teacher's can its weights be taken.
            assert (student.layers is None) == (config.hidden_size != 32)
    assert shapes == {"1x32": (1, 32), "1x16": (1, 16)}
    assert len(table.rows) == 2 * (1 + 2 * 2)


def test_a_table_whose_texts_are_not_named_is_left_out() -> None:
    texts = {role: [role] for role in ("web", "books", "wiki")}
    runs = Runs(scale_named("small"), texts=texts, data={"gonerd": "corpus.jsonl"})
    plan, tables, missing = planned(runs, ["table6", "companion"])
    assert [table.name for table in tables] == ["table6"]
    assert missing == {
        "companion": "scale small has no texts 'multilingual'; name them with --texts multilingual=PLACE"
    }
    assert not any("many" in step.name for step in plan.steps)


def test_names_are_counted_by_document_whatever_the_tokenizer() -> None:
    plan, _, _ = planned(Runs(scale_named("paper")), ["table6"])
    named = [s for s in plan.steps if s.name.startswith(("finetune-gonerd", "finetune-conll"))]
    assert named
    assert all("task" in step.inputs for step in named)
    cut = {
        s.data["tokenizer"][0] for s in plan.steps if s.kind == "prepare" and "tokenizer" in s.data
    }
    assert {"google/bigbird-roberta-base", "uw-madison/nystromformer-4096"} <= cut
