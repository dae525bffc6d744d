import json
from pathlib import Path

import pytest

from gonerd.adapters.label_map import LabelMap, label_map_from_argument
from gonerd.errors import ConfigError, InputError
from gonerd.labels import LABELS, SUBTYPES

CONLL = "PER ORG LOC MISC"
ONTONOTES = (
    "CARDINAL DATE EVENT FAC GPE LANGUAGE LAW LOC MONEY NORP ORDINAL ORG PERCENT PERSON PRODUCT "
    "QUANTITY TIME WORK_OF_ART"
)
WNUT_17 = "corporation creative-work group location person product"
FEW_NERD_COARSE = "art building event location organization other person product"
FEW_NERD_FINE = (
    "art-broadcastprogram art-film art-music art-other art-painting art-writtenart building-airport "
    "building-hospital building-hotel building-library building-other building-restaurant "
    "building-sportsfacility building-theater event-attack/battle/war/militaryconflict event-disaster "
    "event-election event-other event-protest event-sportsevent location-GPE location-bodiesofwater "
    "location-island location-mountain location-other location-park location-road/railway/highway/transit "
    "organization-company organization-education organization-government/governmentagency "
    "organization-media/newspaper organization-other organization-politicalparty organization-religion "
    "organization-showorganization organization-sportsleague organization-sportsteam other-astronomything "
    "other-award other-biologything other-chemicalthing other-currency other-disease "
    "other-educationaldegree other-god other-language other-law other-livingthing other-medical "
    "person-actor person-artist/author person-athlete person-director person-other person-politician "
    "person-scholar person-soldier product-airplane product-car product-food product-game product-other "
    "product-ship product-software product-train product-weapon"
)


def mapped(types: str) -> dict[str, str]:
    found = LabelMap.for_types(types.split(), None).as_json()
    assert set(found) == set(types.split())
    return {type_: label for type_, label in found.items() if label}


def test_ontonotes_becomes_three_labels_and_the_rest_is_left_out() -> None:
    assert mapped(ONTONOTES) == {
        "PERSON": "PER", "ORG": "ORG", "FAC": "LOC", "GPE": "LOC", "LOC": "LOC",
    }  # fmt: skip


def test_conll_and_our_own_labels_stay_what_they_are() -> None:
    assert mapped(CONLL) == {label: label for label in LABELS}


def test_the_subtypes_of_misc_are_misc() -> None:
    types = " ".join(SUBTYPES["MISC"])
    assert set(mapped(types).values()) == {"MISC"}
    assert mapped("MISC-AGE Phone_Number MISC/ADDRESS") == {
        "MISC-AGE": "MISC", "Phone_Number": "MISC", "MISC/ADDRESS": "MISC",
    }  # fmt: skip


def test_wnut_17_becomes_three_labels() -> None:
    assert mapped(WNUT_17) == {
        "corporation": "ORG", "group": "ORG", "location": "LOC", "person": "PER",
    }  # fmt: skip


def test_few_nerd_is_mapped_by_its_coarse_types() -> None:
    assert mapped(FEW_NERD_COARSE) == {
        "building": "LOC", "location": "LOC", "organization": "ORG", "person": "PER",
    }  # fmt: skip
    fine = LabelMap.for_types(FEW_NERD_FINE.split(), None).as_json()
    assert len(fine) == 66
    coarse = {"building": "LOC", "location": "LOC", "organization": "ORG", "person": "PER"}
    assert fine == {type_: coarse.get(type_.partition("-")[0]) for type_ in fine}


def test_a_map_that_is_given_decides_alone() -> None:
    found = LabelMap.for_types(CONLL.split(), {"PER": "PER", "MISC": None})
    assert found.as_json() == {"LOC": None, "MISC": None, "ORG": None, "PER": "PER"}
    assert not found.automatic
    assert found.of("LOC") is None
    assert found.of("never seen") is None


def test_a_model_whose_types_nobody_knows_is_mapped_while_it_answers() -> None:
    by_name = LabelMap.for_any(None)
    assert [by_name.of(t) for t in ("GPE", "person-actor", "DATE")] == ["LOC", "PER", None]
    given = LabelMap.for_any({"Q5": "PER"})
    assert [given.of(t) for t in ("Q5", "PER")] == ["PER", None]
    assert given.as_json() == {"Q5": "PER"}


def test_a_map_of_nothing_and_one_of_strange_types_are_refused() -> None:
    with pytest.raises(
        ConfigError, match="none of the model's types DATE, LAW is known as PER, ORG"
    ):
        LabelMap.for_types(["LAW", "DATE"], None)
    with pytest.raises(
        ConfigError, match=r"'PERS', which the model does not know; its types are LOC, PER"
    ):
        LabelMap.for_types(["PER", "LOC"], {"PERS": "PER"})
    with pytest.raises(ConfigError, match=r"\(it has none\)"):
        LabelMap.for_types([], None)


def test_an_argument_is_pairs_or_a_json_file(tmp_path: Path) -> None:
    assert label_map_from_argument(None) is None
    given = {"Q5": "PER", "a=b": "ORG", "DATE": None}
    assert label_map_from_argument("Q5=PER, a=b=ORG ,DATE=-") == given
    path = tmp_path / "map.json"
    path.write_text(json.dumps(given))
    assert label_map_from_argument(str(path)) == given
    path.write_text(json.dumps({**given, "DATE": "-"}))
    assert label_map_from_argument(str(path)) == given


@pytest.mark.parametrize(
    ("argument", "problem", "message"),
    [
        (
            "PER=PERSON",
            ConfigError,
            "'PER' becomes 'PERSON', expected one of PER, ORG, LOC, MISC, or -",
        ),
        ("PER=PER,ORG", ConfigError, "'ORG' is no TYPE=LABEL"),
        ("PER=PER,ORG=ORG,PER=LOC", ConfigError, "names 'PER' twice"),
        ("=PER", ConfigError, "'=PER' is no TYPE=LABEL"),
        ("nowhere.json", InputError, "'nowhere.json' is neither TYPE=LABEL,... nor a JSON file"),
    ],
)
def test_an_argument_that_makes_no_sense_is_told(
    argument: str, problem: type[Exception], message: str
) -> None:
    with pytest.raises(problem, match=message):
        label_map_from_argument(argument)


def test_a_json_file_that_is_no_object_is_told(tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    path.write_text("[1]")
    with pytest.raises(ConfigError, match=r"map\.json is no JSON object of types with labels"):
        label_map_from_argument(str(path))
