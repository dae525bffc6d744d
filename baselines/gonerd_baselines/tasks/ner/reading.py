"""A token-classification model through all pieces of a split, packed, without a gradient."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from gonerd.adapters.subword_tagger import batch_budget
from gonerd_baselines.encoder.classification import TokenHead
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.packing import batches_by_tokens, packing_from_lengths, sent
from gonerd_baselines.tasks.ner.pieces import Pieces

__all__ = ["log_probabilities"]


@torch.no_grad()
def log_probabilities(
    model: Model, pieces: Pieces, *, batch_tokens: int | None = None
) -> list[NDArray[np.float64]]:
    """(units, tags) for each document: what the piece that answers for a unit says of its first subword.

    Args:
        model: on any device, in any precision; its mode is as it was afterwards.
        pieces: of the split.
        batch_tokens: subwords at once; None is what `gonerd eval` takes on the device.
    """
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    features = pieces.features
    sizes = np.diff(features.first_begins)
    assert isinstance(model.head, TokenHead)
    tags = model.head.classifier.out_features
    found = [np.empty((size, tags)) for size in sizes.tolist()]
    order = np.argsort(-pieces.lengths, kind="stable").tolist()
    lengths = pieces.lengths.tolist()
    for batch in batches_by_tokens(lengths, order, batch_tokens or batch_budget(device)):
        here = [lengths[piece] for piece in batch]
        begins = np.cumsum([0, *here])
        places = [
            pieces.answers[piece][2] + begin for piece, begin in zip(batch, begins, strict=False)
        ]
        packing = packing_from_lengths(here, device=str(device))
        ids = sent(torch.from_numpy(pieces.rows(batch)), device)
        hidden = model.encoder(ids, packing)
        asked = sent(torch.from_numpy(np.concatenate(places)), device)
        logits = model.head(hidden[asked], packing, ids)
        said = logits.float().log_softmax(dim=-1).cpu().numpy()
        for piece, part in zip(
            batch, np.split(said, np.cumsum(list(map(len, places)))[:-1]), strict=True
        ):
            document, units, _ = pieces.answers[piece]
            found[document][units] = part
    model.train(was_training)
    return found
