"""The best well-formed sequence of tags for a whole text, and the entities it describes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gonerd.adapters.tag_set import TagSet

__all__ = ["best_tags", "confidence", "spans_of"]


def best_tags(log_probabilities: NDArray[np.float64], tags: TagSet) -> NDArray[np.int64]:
    """(n,) the well-formed sequence with the largest sum; of equals one that depends on nothing else.

    Viterbi's algorithm, in n steps over t x t transitions. Where the likeliest tags of all words happen to
    be well-formed, they are the answer.

    Args:
        log_probabilities: (n, t), one row a word. Where a row is -inf but for outside, the word is outside.
        tags: which tags may stand where.
    """
    likeliest: NDArray[np.int64] = log_probabilities.argmax(axis=1)
    if len(likeliest) == 0 or _is_well_formed(likeliest, tags):
        return likeliest
    forbidden = np.where(tags.follows, 0.0, -np.inf)
    columns = np.arange(len(tags.names))
    came_from = np.empty(log_probabilities.shape, dtype=np.int64)
    best = np.where(tags.begins, log_probabilities[0], -np.inf)
    for place in range(1, len(likeliest)):
        sums = best[:, None] + forbidden
        came_from[place] = sums.argmax(axis=0)
        best = sums[came_from[place], columns] + log_probabilities[place]
    path = np.empty(len(likeliest), dtype=np.int64)
    path[-1] = np.where(tags.ends, best, -np.inf).argmax()
    for place in range(len(path) - 1, 0, -1):
        path[place - 1] = came_from[place, path[place]]
    return path


def spans_of(path: NDArray[np.int64], tags: TagSet) -> Iterator[tuple[int, int, str]]:
    """Yield `[first, last)` and the type of each entity in a well-formed sequence."""
    first = 0
    places = np.flatnonzero(~tags.outside[path]).tolist()
    for number, place in enumerate(places):
        if number == 0 or not (
            places[number - 1] == place - 1
            and tags.continues(int(path[place - 1]), int(path[place]))
        ):
            first = place
        following = place + 1
        if not (following < len(path) and tags.continues(int(path[place]), int(path[following]))):
            yield first, following, tags.types[path[place]]


def confidence(
    log_probabilities: NDArray[np.float64],
    path: NDArray[np.int64],
    first: int,
    last: int,
    tags: TagSet,
) -> float:
    """How sure the model is of an entity: of its words, the least probability to be of its type.

    A word's probabilities of all tags of the type add up, so that B- against I- does not matter.
    """
    rows = np.exp(log_probabilities[first:last][:, tags.of_type[path[first]]])
    return float(min(1.0, rows.sum(axis=1).min()))


def _is_well_formed(path: NDArray[np.int64], tags: TagSet) -> bool:
    return bool(
        tags.begins[path[0]] and tags.ends[path[-1]] and tags.follows[path[:-1], path[1:]].all()
    )
