"""`spacy:NAME|PATH`: any spaCy pipeline with an entity recognizer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gonerd.adapters.adapter import AdapterOptions, ModelCard, Prediction
from gonerd.adapters.label_map import LabelMap
from gonerd.adapters.model_files import files_sha256
from gonerd.adapters.policy import Policy
from gonerd.errors import ConfigError, InputError
from gonerd.schema import Document, Entity

if TYPE_CHECKING:
    from spacy.language import Language

__all__ = ["SpacyPipeline", "adapter_from_argument"]


LONGEST_REASON = 300
"""Characters of what spaCy says of a pipeline that it can't open."""


class SpacyPipeline:
    """A spaCy pipeline reads each text whole; its own tokens, our offsets."""

    def __init__(self, pipeline: Language, name: str, options: AdapterOptions) -> None:
        self._pipeline = pipeline
        self._batch_size = options.batch_size
        self._labels = LabelMap.for_types(_entity_types(pipeline), options.label_map)
        meta = pipeline.meta
        self.card = ModelCard(
            kind="spacy",
            id=Path(name).resolve().name if Path(name).is_dir() else name,
            revision=_revision(pipeline),
            license=meta.get("license") or None,
            details={
                "name": f"{meta.get('lang')}_{meta.get('name')}-{meta.get('version')}",
                "spacy": meta.get("spacy_version"),
            },
        )
        self.policy = Policy(label_map=self._labels.as_json(), batch_size=self._batch_size)

    def with_batch_size(self, batch_size: int) -> SpacyPipeline:
        """The same pipeline, reading `batch_size` documents at once."""
        other = copy(self)
        other._batch_size = batch_size
        other.policy = replace(self.policy, batch_size=batch_size)
        return other

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        """Yield one prediction a document."""
        pairs = ((document.text, document) for document in documents)
        self._pipeline.max_length = 10**9  # the limit guards parsers' memory; news is far below it
        for doc, document in self._pipeline.pipe(
            pairs, as_tuples=True, batch_size=self._batch_size
        ):
            found = [(ent, self._labels.of(ent.label_)) for ent in doc.ents]
            yield Prediction(
                document.id,
                tuple(Entity(e.start_char, e.end_char, label) for e, label in found if label),
                consumed_to=len(document.text),
                dropped=Counter(ent.label_ for ent, label in found if not label),
            )


def adapter_from_argument(argument: str, options: AdapterOptions) -> SpacyPipeline:
    """`spacy:NAME` for an installed package, `spacy:PATH` for a folder.

    Raises:
        InputError: there is no such pipeline, or spaCy can't open it.
        ConfigError: the pipeline finds no type that could be one of ours.
    """
    if not argument:
        raise ConfigError(
            "--model spacy needs a pipeline, as in spacy:en_core_web_sm or spacy:PATH"
        )
    options.refuse("spacy", "device", "dtype", "max_len", "policy", "stride", "compile")
    import spacy

    try:
        pipeline = spacy.load(argument)
    except OSError:
        raise InputError(
            f"spacy:{argument} is neither an installed pipeline nor a folder of one; "
            f"expected a name from 'pip list' or a path"
        ) from None
    except (ValueError, ImportError) as problem:  # of a configuration, or of a component's package
        said = next((line for line in map(str.strip, str(problem).splitlines()) if line), "")
        raise InputError(f"spacy:{argument} can't be opened: {said[:LONGEST_REASON]}") from None
    return SpacyPipeline(pipeline, argument, options)


def _entity_types(pipeline: Language) -> set[str]:
    """What the components that set entities know."""
    return {
        label
        for name, labels in pipeline.pipe_labels.items()
        if "doc.ents" in pipeline.get_pipe_meta(name).assigns
        for label in labels
    }


def _revision(pipeline: Language) -> str:
    """Of the files that the pipeline was loaded from."""
    folder = pipeline.path
    return files_sha256((path for path in folder.rglob("*") if path.is_file()), folder)[:40]
