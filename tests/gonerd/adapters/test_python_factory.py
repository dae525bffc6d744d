import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonerd import Document, Entity
from gonerd.adapters import AdapterOptions, Batched, adapter_from_spec, predictions_of
from gonerd.errors import ConfigError, ExtraError

SOURCE = """
from gonerd import Entity
from gonerd.adapters import ModelCard, Policy, Prediction

class First:
    def predict(self, documents):
        for document in documents:
            assert not document.entities and not document.meta
            found = (Entity(*document.tokens[0], "PER"),)
            yield Prediction(document.id, found, consumed_to=len(document.text))

class Careful(First):
    def __init__(self, options, batch_size=1):
        self.card = ModelCard(kind="careful", id="lab/careful", revision="ab" * 20)
        self.policy = Policy(max_len=options.max_len, batch_size=batch_size)
        self.options = options

    def with_batch_size(self, batch_size):
        return Careful(self.options, batch_size)

def make(options):
    return First()

def careful(options):
    return Careful(options)

def nothing(options):
    pass

def wrong_card(options):
    made = First()
    made.card = {"id": "x"}
    return made

def wrong_revision(options):
    made = First()
    made.card = ModelCard(kind="x", id="x", revision="main")
    return made

number = 7
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working directory, with mine.py and others in it; modules are forgotten afterwards."""
    known, paths = set(sys.modules), list(sys.path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(SOURCE)
    (tmp_path / "broken.py").write_text("def make(:\n")
    (tmp_path / "lacking.py").write_text("import a_package_that_nobody_has\n")
    yield tmp_path
    sys.path[:] = paths
    for name in set(sys.modules) - known:
        if name in ("mine", "broken", "lacking") or name.startswith("packed"):
            del sys.modules[name]


def test_a_factory_of_the_working_directory_makes_the_model(here: Path) -> None:
    adapter = adapter_from_spec("py:mine:make", AdapterOptions())
    document = Document(
        id="a", text="Ada met Bo", tokens=((0, 3),), entities=(Entity(8, 10, "PER"),), meta={"x": 1}
    )
    (found,) = predictions_of(adapter, [document])
    assert found.entities == (Entity(0, 3, "PER"),)
    card = adapter.card
    assert (card.kind, card.id) == ("py", "mine:make")
    assert card.revision == hashlib.sha256((here / "mine.py").read_bytes()).hexdigest()[:40]
    assert card.details == {"revision": "SHA-256 of the files of module mine, not of what it loads"}
    assert not isinstance(adapter, Batched)


def test_a_model_with_a_card_and_a_policy_keeps_them(here: Path) -> None:
    adapter = adapter_from_spec("py:mine:careful", AdapterOptions(max_len=9))
    assert (adapter.card.id, adapter.policy.max_len) == ("lab/careful", 9)
    assert isinstance(adapter, Batched)
    assert adapter.with_batch_size(5).policy.batch_size == 5


def test_a_package_is_known_by_all_its_files(here: Path) -> None:
    (here / "packed").mkdir()
    (here / "packed" / "__init__.py").write_text("from packed.model import make\n")
    (here / "packed" / "model.py").write_text(SOURCE)
    first = adapter_from_spec("py:packed:make", AdapterOptions()).card.revision
    (here / "packed" / "model.py").write_text(SOURCE + "\n")
    assert adapter_from_spec("py:packed:make", AdapterOptions()).card.revision != first


@pytest.mark.parametrize(
    ("argument", "problem", "message"),
    [
        ("mine", ConfigError, r"py:mine: expected py:MODULE:FACTORY, as in py:mine:make"),
        (
            "absent:make",
            ConfigError,
            r"there is no module 'absent' in the working directory or among",
        ),
        ("mine.deep:make", ConfigError, r"there is no module 'mine.deep'"),
        ("mine:absent", ConfigError, r"expected a function absent in mine, found nothing"),
        ("mine:number", ConfigError, r"expected a function number in mine, found a int"),
        ("mine:nothing", ConfigError, r"returned a NoneType, expected an object with predict"),
        (
            "mine:wrong_card",
            ConfigError,
            r"whose card is a dict, expected gonerd.adapters.ModelCard",
        ),
        ("mine:wrong_revision", ConfigError, r"card with revision 'main', expected 40 hex digits"),
        ("broken:make", ConfigError, r"py:broken:make: broken.py:1: "),
        ("lacking:make", ExtraError, r"the module lacking needs a_package_that_nobody_has"),
    ],
)
def test_what_is_no_factory_of_a_model_is_told(
    here: Path, argument: str, problem: type[Exception], message: str
) -> None:
    with pytest.raises(problem, match=message):
        adapter_from_spec(f"py:{argument}", AdapterOptions())


def test_an_option_that_nobody_says_was_heeded_is_refused(here: Path) -> None:
    with pytest.raises(ConfigError, match=r"--max-len, found 5: the model has no policy that says"):
        adapter_from_spec("py:mine:make", AdapterOptions(max_len=5))
