"""The models of a reproduction, and the steps that make them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gonerd.errors import ConfigError
from gonerd_baselines.reproduction.scale import Language, Scale, Shape, tokens_of
from gonerd_baselines.reproduction.step import Step

__all__ = ["MissingTextsError", "Model", "Models", "Ref", "suffix_of"]

SMALL_VOCABULARY = 50_265
"""Of checkpoints from outside, for the estimate."""

MOST_SEEN = 640
"""Tokens that a token sees, in documents of usual lengths and with efficient attention."""

TRAINING = 3.0
"""Forward and backward cost so many times the forward pass."""


@dataclass(frozen=True, slots=True)
class Ref:
    """What a step reads: another step's output, or a place outside."""

    step: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that a step makes, or that comes from outside."""

    key: str
    """Of it and of what is made of it, in names of steps."""
    ref: Ref
    shape: Shape
    vocabulary: int
    length: int
    """Tokens of the longest document that it reads."""
    tokenizer: Ref

    def operations(self, tokens: int, *, times: float = TRAINING) -> float:
        """Of training on so many tokens."""
        seen = min(self.length, MOST_SEEN)
        return times * tokens * self.shape.operations_a_token(self.vocabulary, seen)


class MissingTextsError(ConfigError):
    """Texts that a table needs were not named."""


class Models:
    """Makes steps as models are asked for; each stands once, whoever asks."""

    def __init__(self, scale: Scale, texts: Mapping[str, Sequence[str]]) -> None:
        """`texts` by role, in the place of the scale's own."""
        self.scale = scale
        self.texts = {**scale.texts, **texts}
        self.steps: dict[str, Step] = {}

    def step(
        self,
        name: str,
        kind: str,
        settings: Mapping[str, Any],
        refs: Mapping[str, Ref | Sequence[Ref]],
        *,
        tokens: int = 0,
        operations: float = 0.0,
    ) -> Ref:
        """Add a step, and say how others read it."""
        inputs: dict[str, str] = {}
        data: dict[str, tuple[str, ...]] = {}
        for role, given in refs.items():
            each = [given] if isinstance(given, Ref) else list(given)
            made = [ref.step for ref in each if ref.step]
            inputs |= {role if len(made) == 1 else f"{role}-{n}": s for n, s in enumerate(made)}
            if places := tuple(ref.place for ref in each if ref.place):
                data[role] = places
        step = Step(
            name=name,
            kind=kind,
            settings=settings,
            inputs=inputs,
            data=data,
            tokens=tokens,
            operations=operations,
        )
        if self.steps.setdefault(name, step).asked != step.asked:
            raise ConfigError(f"two different steps are called {name}")
        return Ref(step=name)

    def full(self) -> Model:
        """The teacher with full attention, of short documents."""
        if self.scale.teacher:
            return self.outside("full", self.scale.teacher, self.scale.short)
        return self._pretrained("full", self._first_language(), self.scale.shape)

    def full_long(self) -> Model:
        """The same with positions for long documents, trained on."""
        source = self.full()
        settings = {"max_len": self.scale.long}
        ref = self.step("extend-full", "extend", settings, {"model": source.ref})
        return self._continued(replace(source, key="full-long", ref=ref, length=self.scale.long))

    def efficient(self, attention: str) -> Model:
        """A teacher with an efficient attention, of long documents."""
        row = self.scale.attention[attention]
        if row.model:
            return self.outside(attention, row.model, self.scale.long)
        if row.from_scratch:
            language = replace(self._first_language(), roles=self.scale.pretraining_roles)
            return self._pretrained(
                attention, language, self.scale.shape, attention=attention, length=self.scale.long
            )
        return self.converted(self.full(), attention)

    def converted(self, source: Model, attention: str) -> Model:
        """`source` with another attention, trained on at its new length."""
        key = attention if source.key == "full" else f"{source.key}-{attention}"
        settings = {
            "to": attention,
            "max_len": self.scale.long,
            "options": dict(self.scale.attention[attention].options),
        }
        ref = self.step(f"convert-{key}", "convert", settings, {"model": source.ref})
        return self._continued(replace(source, key=key, ref=ref, length=self.scale.long))

    def student(
        self,
        teacher: Model,
        objective: str,
        *,
        shape: Shape | None = None,
        mixture: str | None = None,
        roles: Sequence[str] = (),
        attention: str = "",
    ) -> Model:
        """A student of half depth, or of `shape`, distilled on a mixture of texts or on `roles`.

        `attention` is the row of the scale whose settings for this objective count, too.
        """
        row = self.scale.objective[objective]
        own = self.scale.attention[attention].objectives.get(objective, {}) if attention else {}
        mixture = mixture or self.scale.mixture
        key = f"{teacher.key}.{objective}"
        made = replace(teacher.shape, layers=max(1, teacher.shape.layers // 2))
        settings: dict[str, Any] = {
            "recipe": row.recipe,
            "set": {**self.scale.distillation, **row.settings, **own},
        }
        if row.more:
            more = tokens_of(self.scale.task_distillation)
            settings["set"]["tokens"] = tokens_of(settings["set"]) + more
        if shape is not None:
            made = shape
            key += f".{shape.layers}x{shape.hidden_size}"
            settings["set"]["student.choice"] = _choice(shape, teacher.shape)
        if mixture != self.scale.mixture:
            key += f".{mixture}"
        refs: dict[str, Ref | Sequence[Ref]] = {
            "teacher": teacher.ref,
            "tokens": self.tokens(
                teacher.tokenizer, teacher.length, roles or self.scale.mixtures[mixture].roles
            ),
        }
        budget = tokens_of(settings["set"]) if row.trained else 0
        student = replace(teacher, key=key, shape=made, ref=Ref(step=f"distill-{key}"))
        operations = student.operations(budget)
        if not row.control:
            operations += teacher.operations(budget, times=1.0)
        self.step(f"distill-{key}", "distill", settings, refs, tokens=budget, operations=operations)
        return student

    def shallow(self) -> Model:
        """Half the teacher's depth, pretrained from random weights on what the teacher was."""
        half = replace(self.scale.shape, layers=max(1, self.scale.shape.layers // 2))
        return self._pretrained("shallow", self._first_language(), half)

    def language(self, name: str) -> Model:
        """A teacher of the companion's table."""
        language = self.scale.companion_languages[name]
        if language.model:
            return self.outside(name, language.model, self.scale.short)
        if language == self._first_language() and not self.scale.teacher:
            return self.full()
        return self._pretrained(f"full-{name}", language, self.scale.shape)

    def tokens(self, tokenizer: Ref, length: int, roles: Sequence[str]) -> Ref:
        """Texts of some roles as that tokenizer's numbers."""
        name = f"tokens-{length}-{'+'.join(roles)}{suffix_of(tokenizer)}"
        refs: dict[str, Ref | Sequence[Ref]] = {
            "tokenizer": tokenizer,
            "texts": self._texts(roles),
        }
        return self.step(name, "tokenize", {"max_len": length}, refs)

    def _first_language(self) -> Language:
        languages = self.scale.companion_languages.values()
        own = Language(title="", roles=self.scale.pretraining_roles)
        alike = (each for each in languages if (each.roles, each.layout) == (own.roles, own.layout))
        return next(alike, own)

    def _tokenizer(self, language: Language) -> Ref:
        first = language.roles == self._first_language().roles
        settings = dict(self.scale.tokenizer)
        if language.vocab_size is not None:
            settings["vocab_size"] = language.vocab_size
        name = "tokenizer" if first else f"tokenizer-{'+'.join(language.roles)}"
        return self.step(name, "tokenizer", settings, {"texts": self._texts(language.roles)})

    def _texts(self, roles: Sequence[str]) -> list[Ref]:
        refs = []
        for role in roles:
            if role in ("newsroom", "foreign") and self.scale.articles and role not in self.texts:
                settings = {"articles": self.scale.articles, "foreign": role == "foreign"}
                refs.append(self.step(role, "newsroom", settings, {}))
                continue
            places = self.texts.get(role, ())
            if not places:
                raise MissingTextsError(
                    f"scale {self.scale.name} has no texts {role!r}; name them with --texts {role}=PLACE"
                )
            refs += [Ref(place=place) for place in places]
        return refs

    def outside(self, key: str, place: str, length: int | None = None) -> Model:
        """A checkpoint in a folder or on the Hub; of short documents where no length is said."""
        return Model(
            key=key,
            ref=Ref(place=place),
            shape=self.scale.shape,
            vocabulary=SMALL_VOCABULARY,
            length=length or self.scale.short,
            tokenizer=Ref(place=place),
        )

    def _pretrained(
        self,
        key: str,
        language: Language,
        shape: Shape,
        *,
        attention: str | None = None,
        length: int | None = None,
    ) -> Model:
        tokenizer = self._tokenizer(language)
        long = length or self.scale.short
        settings: dict[str, Any] = {
            "set": {
                **_fields(shape),
                "max_length": long,
                **({"layout": language.layout} if language.layout != "roberta" else {}),
                **self.scale.pretraining,
            },
        }
        if attention is not None:
            options = self.scale.attention[attention].options
            settings["set"] |= {"attention": attention, **options}
        budget = tokens_of(self.scale.pretraining)
        model = Model(
            key=key,
            ref=Ref(step=f"pretrain-{key}"),
            shape=shape,
            vocabulary=int(language.vocab_size or self.scale.tokenizer.get("vocab_size", 50_265)),
            length=long,
            tokenizer=tokenizer,
        )
        tokens = self.tokens(tokenizer, long, language.roles)
        refs: dict[str, Ref | Sequence[Ref]] = {"tokens": tokens, "tokenizer": tokenizer}
        operations = model.operations(budget)
        self.step(
            f"pretrain-{key}", "pretrain", settings, refs, tokens=budget, operations=operations
        )
        return model

    def _continued(self, model: Model) -> Model:
        """Masked language modelling goes on, on the texts of distillation, at the new length."""
        told = self.scale.continuation
        if all(told.get(key) in (None, "none", 0) for key in ("tokens", "steps", "epochs")):
            return model
        budget = tokens_of(told)
        roles = self.scale.mixtures[self.scale.mixture].roles
        name = f"continue-{model.key}"
        refs = {"tokens": self.tokens(model.tokenizer, model.length, roles), "model": model.ref}
        settings = {"set": dict(told)}
        operations = model.operations(budget)
        ref = self.step(name, "pretrain", settings, refs, tokens=budget, operations=operations)
        return replace(model, ref=ref)


def _fields(shape: Shape) -> dict[str, int]:
    return {
        "layers": shape.layers,
        "hidden_size": shape.hidden_size,
        "heads": shape.heads,
        "intermediate_size": shape.intermediate_size,
    }


def _choice(shape: Shape, teacher: Shape) -> str:
    """As `--student` has it: the teacher's own layers where only the depth differs, else random weights."""
    if replace(shape, title="", layers=1) == replace(teacher, title="", layers=1):
        kept = (layer * teacher.layers // shape.layers for layer in range(shape.layers))
        return ",".join(map(str, kept))
    return (
        f"layers={shape.layers},hidden_size={shape.hidden_size},num_attention_heads={shape.heads},"
        f"intermediate_size={shape.intermediate_size}"
    )


def suffix_of(tokenizer: Ref) -> str:
    """What names of steps end in that are by another tokenizer than the first one of the plan."""
    whose = tokenizer.step.removeprefix("tokenizer").strip("-") or _slug(tokenizer.place)
    return f"-{whose}" if whose else ""


def _slug(place: str) -> str:
    kept = (c if c.isalnum() or c in ".-" else "-" for c in place.lower())
    return "".join(kept).strip("-.")
