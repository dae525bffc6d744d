"""What lsg-converter's own RoBERTa answers; runs with the packages of `transformers4` (see tests.peers).

`python -m tests.baselines.attention.lsg_oracle FOLDER`, where jobs.json lists configurations by name;
NAME.safetensors holds weights and inputs, NAME.out.safetensors the answers.
"""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor


def lsg_roberta() -> ModuleType:
    """The module of the reference, without its package, whose other families this transformers lacks."""
    from transformers.models.roberta import modeling_roberta

    # It imports all names of this module, more than transformers gives out today.
    vars(modeling_roberta).pop("__all__")
    modeling_roberta.Tuple = tuple
    package = find_spec("lsg_converter")
    assert package is not None
    assert package.origin is not None
    path = Path(package.origin).parent / "roberta" / "modeling_lsg_roberta.py"
    spec = spec_from_file_location("modeling_lsg_roberta", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def model_of(reference: ModuleType, values: dict[str, Any], weights: dict[str, Tensor]) -> Any:
    """The reference with the same hyperplanes in each layer, and its bos_pooling mended."""

    seed = values.pop("lsh_seed")

    class Mended(reference.LSGSelfAttention):  # type: ignore[misc,name-defined]
        def forward(self, hidden_states: Tensor, attention_mask: Tensor, **_: object) -> Any:
            torch.manual_seed(seed)
            return super().forward(hidden_states, attention_mask)

        def get_sparse_tokens_with_bos_pooling(self, *given: Tensor) -> Any:
            keys, values, mask = super().get_sparse_tokens_with_bos_pooling(*given)
            if self.sparsity_factor > 1:
                # The mean of a chunk of padding overflows to minus infinity, which is then read as "seen".
                lowest = torch.finfo(mask.dtype).min
                whole = given[3].unflatten(-1, (-1, self.sparsity_factor)).eq(lowest).all(-1)
                mask = mask.masked_fill(whole, lowest)
            return keys, values, mask

    config = reference.LSGRobertaConfig(attn_implementation="eager", **values)
    model = reference.LSGRobertaModel(config, add_pooling_layer=False).eval()
    for layer in model.encoder.layer:
        layer.attention.self = Mended(config).eval()
    model.load_state_dict(weights)
    return model


def states_of(model: Any, ids: Tensor, mask: Tensor) -> Tensor:
    """Embeddings and encoder; what stands between them in its RobertaModel is of an older transformers."""
    extended = model.get_extended_attention_mask(mask, ids.shape)
    return model.encoder(model.embeddings(input_ids=ids), extended).last_hidden_state  # type: ignore[no-any-return]


def answers(
    reference: ModuleType, values: dict[str, Any], given: dict[str, Tensor]
) -> dict[str, Tensor]:
    """Each document alone, then all as one padded batch; gradients of the word embeddings for the former."""
    weights = {n.removeprefix("weight."): x for n, x in given.items() if n.startswith("weight.")}
    model = model_of(reference, values, weights)
    documents = given["ids"].split(given["lengths"].tolist())
    found = []
    for ids, direction in zip(
        documents, given["direction"].split(given["lengths"].tolist()), strict=True
    ):
        states = states_of(model, ids[None], torch.ones_like(ids[None]))[0]
        (states * direction).sum().backward()
        found.append(states.detach())
    batch = torch.nn.utils.rnn.pad_sequence(list(documents), batch_first=True, padding_value=1)
    mask = (batch != 1).long()
    with torch.no_grad():
        padded = states_of(model, batch, mask)[mask.bool()]
    return {
        "alone": torch.cat(found),
        "padded": padded.contiguous(),
        "gradient": model.embeddings.word_embeddings.weight.grad,
        "global_gradient": model.embeddings.global_embeddings.weight.grad,
    }


def main(folder: Path) -> None:
    reference = lsg_roberta()
    for name, values in json.loads((folder / "jobs.json").read_text()).items():
        given = load_file(folder / f"{name}.safetensors")
        save_file(answers(reference, values, given), folder / f"{name}.out.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
