"""How large a reproduction is: models, texts, tokens, tasks, all in one TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from gonerd.errors import ConfigError
from gonerd_baselines.configuration import config_from_values, read_toml

__all__ = [
    "SCALES",
    "AttentionRow",
    "Baseline",
    "Language",
    "Mixture",
    "ObjectiveRow",
    "Scale",
    "Shape",
    "TaskRow",
    "scale_named",
    "tokens_of",
]

SCALES = ("tiny", "small", "small-gpu", "paper")
"""Those that ship; a path of another TOML file can be given for one."""

C = TypeVar("C")

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Of an encoder."""

    title: str = ""
    layers: int
    hidden_size: int
    heads: int
    intermediate_size: int

    def operations_a_token(self, vocabulary: int, seen: int) -> float:
        """Forward, of a model whose tokens see `seen` others each; for estimates.

        A third of the tokens reach the decoder: those that are masked, or are compared with a teacher's.
        """
        layer = 4 * self.hidden_size**2 + 2 * self.hidden_size * self.intermediate_size
        attention = 2 * seen * self.hidden_size
        return 2.0 * (self.layers * (layer + attention) + self.hidden_size * vocabulary / 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionRow:
    """An efficient attention: its teacher and students."""

    title: str
    paper: str = ""
    """The paper's row, if it has one."""
    model: str = ""
    """A checkpoint to begin with; else the teacher is converted."""
    from_scratch: bool = False
    """Pretrained with this attention from random weights, as the paper did with LSG."""
    options: Values = field(default_factory=dict)
    """Of `gonerd convert`."""
    objectives: Mapping[str, Values] = field(default_factory=dict)
    """Settings of its students by objective: local relations need a reach where there is no window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveRow:
    """What a student is trained for."""

    title: str
    recipe: str
    """Of `gonerd distill`."""
    settings: Values = field(default_factory=dict)
    """Set beside the recipe."""
    control: bool = False
    """Without a teacher's help: what distillation is compared with."""
    trained: bool = True
    """Or left as it was made: a control."""
    against: str = ""
    """The objective of the row that differs from this one by its teacher alone."""
    more: bool = False
    """On as many tokens as are read by a student that is then taught a task's answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """Texts that a student is distilled on."""

    title: str
    paper: str
    """The paper's row of Tables 8 and 11."""
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A checkpoint that is fine-tuned as it is."""

    title: str
    paper: str
    model: str
    group: str
    """baseline or compressed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """A task that models are fine-tuned on."""

    title: str
    place: str = ""
    """Where its data lies; empty where it has to be named by --data."""
    long: bool = False
    """Of documents beyond 512 tokens: for models that read them."""
    tokens: int = 0
    """That one fine-tuning reads, about: for the estimate of its time."""
    settings: Values = field(default_factory=dict)
    """Beside those of [finetuning]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A teacher of the companion's table."""

    title: str
    roles: tuple[str, ...]
    layout: str = "roberta"
    """roberta or xlm-roberta."""
    model: str = ""
    """A checkpoint; else it is pretrained on the texts of these roles."""
    vocab_size: int | None = None
    """Of its tokenizer, where it is another than the first one's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """All that decides what is run."""

    name: str
    title: str
    """What every table says of itself."""
    device: str
    """That it is made for; another can be named."""
    short: int
    """Tokens of a document in pretraining."""
    long: int
    """Tokens of the longest document that converted models read."""
    seeds: tuple[int, ...]
    """Of fine-tuning."""
    operations_a_second: float
    """What `device` is expected to do: for the plan's estimate alone."""
    teacher: str = ""
    """A checkpoint with full attention; else one is pretrained."""
    beyond: bool = True
    """Whether Table 6 has rows that the paper has not."""
    beyond_objectives: tuple[str, ...] = ()
    """Of the rows beyond the paper; empty for all."""
    beyond_attentions: tuple[str, ...] = ()
    """Those whose students are trained by every objective there."""
    attentions: tuple[str, ...] = ()
    """Those that tables have; empty for all."""
    studied: str = "longformer"
    """The attention of Tables 7, 8 and 11, and of the controls."""
    recipe: str = "paper"
    """The objective of the students of the paper's own rows."""
    mixture: str
    """The texts that they are distilled on."""
    pretraining_roles: tuple[str, ...]
    """The texts that the teacher is pretrained on."""
    articles: int = 0
    """Of the fictional newsroom, which are written as texts of the role `newsroom`; 0 for none."""
    shape: Shape
    tokenizer: Values
    texts: Mapping[str, tuple[str, ...]]
    """By role: files, folders, datasets."""
    pretraining: Values
    continuation: Values
    """Masked language modelling after a conversion."""
    distillation: Values
    task_distillation: Values
    finetuning: Values
    bench: Values
    attention: Mapping[str, AttentionRow]
    objective: Mapping[str, ObjectiveRow]
    mixtures: Mapping[str, Mixture]
    baselines: Mapping[str, Baseline]
    tasks: Mapping[str, TaskRow]
    companion_shapes: Mapping[str, Shape]
    companion_objectives: tuple[str, ...]
    companion_languages: Mapping[str, Language]

    def __post_init__(self) -> None:
        for name, known, what in (
            (self.studied, self.attention, "studied"),
            (self.recipe, self.objective, "recipe"),
            (self.mixture, self.mixtures, "mixture"),
        ):
            if name not in known:
                raise ConfigError(f"{what} is {name!r}, expected one of {', '.join(known)}")
        for name in (*self.beyond_attentions, *self.attentions):
            if name not in self.attention:
                raise ConfigError(
                    f"attention {name!r} is unknown, expected of {', '.join(self.attention)}"
                )
        own = [name for row in self.attention.values() for name in row.objectives]
        for name in (*self.companion_objectives, *self.beyond_objectives, *own):
            if name not in self.objective:
                raise ConfigError(
                    f"objective {name!r} is unknown, expected of {', '.join(self.objective)}"
                )
        for name, objective in self.objective.items():
            if objective.against and objective.against not in self.objective:
                raise ConfigError(
                    f"objective {name} stands against {objective.against!r}, expected of "
                    f"{', '.join(self.objective)}"
                )
        roles = {*self.texts, *(["newsroom", "foreign"] if self.articles else [])}
        wanted = [role for each in self.mixtures.values() for role in each.roles]
        wanted += [role for each in self.companion_languages.values() for role in each.roles]
        for role in (*wanted, *self.pretraining_roles):
            if role not in roles:
                raise ConfigError(
                    f"there are no texts {role!r}, expected of {', '.join(sorted(roles))}"
                )
        if not self.seeds:
            raise ConfigError("seeds is empty, expected one or more")
        for name in ("short", "long"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected 1 or more")
        if self.articles < 0:
            raise ConfigError(f"articles is {self.articles}, expected 0 or more")
        if not self.operations_a_second > 0:
            raise ConfigError(
                f"operations_a_second is {self.operations_a_second:g}, expected more than 0"
            )
        for name in (
            "tokenizer",
            "pretraining",
            "continuation",
            "distillation",
            "task_distillation",
        ):
            key = "vocab_size" if name == "tokenizer" else "tokens"
            value = getattr(self, name).get(key)
            if value not in (None, "none") and (not isinstance(value, int) or value < 0):
                raise ConfigError(f"{name}.{key} is {value!r}, expected a whole number or none")
        for key in ("rows", "implementations", "lengths", "dtypes"):
            if not isinstance(self.bench.get(key, []), list):
                raise ConfigError(f"bench.{key} is {self.bench[key]!r}, expected a list")

    @property
    def shown_attentions(self) -> dict[str, AttentionRow]:
        """Those that tables have, in their order."""
        return {
            n: row for n, row in self.attention.items() if n in (self.attentions or self.attention)
        }


_ROWS: Mapping[str, type] = {
    "attention": AttentionRow,
    "objective": ObjectiveRow,
    "mixtures": Mixture,
    "baselines": Baseline,
    "tasks": TaskRow,
    "companion_shapes": Shape,
    "companion_languages": Language,
}
"""Sections whose keys are names of rows."""


def scale_named(name: str) -> Scale:
    """The scale that ships under this name, or that a TOML file holds.

    Raises:
        ConfigError: there is none, or a key of it is unknown or makes no sense.
    """
    if name in SCALES:
        path = Path(str(files(__package__) / "scales" / f"{name}.toml"))
    else:
        path = Path(name)
        if path.suffix != ".toml":
            raise ConfigError(
                f"scale {name!r} is unknown; expected one of {', '.join(SCALES)}, or a .toml file"
            )
    return _scale(read_toml(path), path)


def tokens_of(training: Values) -> int:
    """That a training with these settings reads; 0 where its length is not told in tokens."""
    value = training.get("tokens")
    return value if isinstance(value, int) else 0


def _scale(values: dict[str, Any], path: Path) -> Scale:
    made: dict[str, Any] = {"name": path.stem}
    for key, value in values.items():
        where = f"{path}: [{key}]"
        if key in _ROWS:
            if not isinstance(value, dict):
                raise ConfigError(f"{where} is {value!r}, expected a table")
            made[key] = {
                name: _whole(_ROWS[key], row, f"{where} {name}") for name, row in value.items()
            }
        elif key == "shape":
            made[key] = _whole(Shape, value, where)
        elif key == "texts":
            made[key] = {role: _places(given, where) for role, given in value.items()}
        else:
            made[key] = value
    return _whole(Scale, made, str(path))


def _whole(kind: type[C], values: Any, where: str) -> C:
    """`config_from_values` of a kind that has fields without a default."""
    if isinstance(values, dict):
        for each in fields(kind):  # type: ignore[arg-type]  # a dataclass
            if (
                each.name not in values
                and each.default is MISSING
                and each.default_factory is MISSING
            ):
                raise ConfigError(f"{where} lacks {each.name}")
    return config_from_values(kind, values, where=where)


def _places(given: Any, where: str) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(place, str) for place in given):
        raise ConfigError(f"{where} has {given!r}, expected lists of texts' places")
    return tuple(given)
