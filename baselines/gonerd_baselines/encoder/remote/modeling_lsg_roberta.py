# Licensed under the Apache License, Version 2.0: http://www.apache.org/licenses/LICENSE-2.0
"""RoBERTa with LSG attention (arXiv 2210.15497) in plain transformers: the code of a checkpoint of gonerd.

`AutoModelForTokenClassification.from_pretrained(folder, trust_remote_code=True)` opens the checkpoint with
this file, and so do the other heads below. It needs torch and transformers 5, and nothing of gonerd.

A batch's documents are taken out of their padding and laid one after another, each behind its learned global
tokens; so a document's numbers don't depend on what stands beside it. Letters: h heads, d width of a head,
n tokens of a document, g global tokens, c blocks, m sparse tokens.
"""

import torch
from torch import nn
from torch.nn import functional
from transformers import (
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaForMultipleChoice,
    RobertaForQuestionAnswering,
    RobertaForSequenceClassification,
    RobertaForTokenClassification,
    RobertaModel,
)
from transformers.modeling_outputs import BaseModelOutputWithPoolingAndCrossAttentions

__all__ = [
    "LSGRobertaConfig",
    "LSGRobertaForMaskedLM",
    "LSGRobertaForMultipleChoice",
    "LSGRobertaForQuestionAnswering",
    "LSGRobertaForSequenceClassification",
    "LSGRobertaForTokenClassification",
    "LSGRobertaModel",
]


class LSGRobertaConfig(RobertaConfig):
    """RoBERTa's, and the shape of the attention; gonerd's LsgAttention says what the fields mean."""

    # A type of its own: "roberta" would be opened with full attention, in silence.
    model_type = "lsg-roberta"

    block_size = 128
    sparse_block_size = 128
    sparsity_factor = 2
    sparsity_type = "norm"
    num_global_tokens = 1
    mask_first_token = False
    pool_with_global = True
    lsh_num_pre_rounds = 1
    adaptive = True
    lsh_seed = 0


class LSGSelfAttention(nn.Module):
    """Global tokens, local blocks, sparse tokens further off."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.heads = config.num_attention_heads
        self.query = nn.Linear(config.hidden_size, config.hidden_size)
        self.key = nn.Linear(config.hidden_size, config.hidden_size)
        self.value = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(self, x, lengths):
        """(t, h d) to (t, h d), of documents of `lengths` tokens, the global ones counted."""
        parts = [
            f(x).view(len(x), self.heads, -1).transpose(0, 1).split(lengths, dim=1)
            for f in (self.query, self.key, self.value)
        ]
        found = torch.cat([self.document(*part) for part in zip(*parts, strict=True)], dim=1)
        return found.transpose(0, 1).reshape(len(x), -1)

    def softmax(self, q, k, v, seen=None):
        dropout = self.config.attention_probs_dropout_prob if self.training else 0.0
        return functional.scaled_dot_product_attention(q, k, v, attn_mask=seen, dropout_p=dropout)

    def whole(self, q, k, v):
        """Queries that see all of their document, but for its first token where that is masked."""
        if self.config.mask_first_token:
            g = self.config.num_global_tokens
            k, v = (torch.cat([x[:, :g], x[:, g + 1 :]], dim=1) for x in (k, v))
        return self.softmax(q[None], k[None], v[None])[0]

    def document(self, q, k, v):
        """(h, g + n, d) each, of one document."""
        g, size = self.config.num_global_tokens, self.config.block_size
        tokens = q.shape[1] - g
        if tokens <= 2 * size:
            return self.whole(q, k, v)
        if tokens % size and not self.config.adaptive:
            raise ValueError(f"{tokens} tokens are no whole blocks of {size}, and adaptive is off")
        count = -(-tokens // size)
        own = [functional.pad(x[:, g:], (0, 0, 0, count * size - tokens)) for x in (q, k, v)]
        place = torch.arange(count * size, device=q.device)
        live = (place < tokens) & (place >= int(self.config.mask_first_token))
        block = torch.arange(count, device=q.device)[:, None]
        near = block * size + torch.arange(-size, 2 * size, device=q.device)
        keys, values, seen = ([x] for x in columns(near, own[1], own[2], live[None]))
        sparse = SPARSE.get(self.config.sparsity_type)
        if sparse and self.config.sparse_block_size and self.config.sparsity_factor:
            step, wide = size // self.config.sparsity_factor, self.config.sparse_block_size
            # With one sparse token a block, the right side begins two too early, as in lsg-converter.
            begins = torch.tensor(
                [-step - wide, 2 * step - (2 if step == 1 else 0)], device=q.device
            )
            far = block[..., None] * step + begins[:, None] + torch.arange(wide, device=q.device)
            further = columns(far.flatten(1), *sparse(self.config, *own, live))
            for each, x in zip((keys, values, seen), further, strict=True):
                each.append(x)
        seen = [x.expand(len(seen[-1]), -1, -1) for x in seen]
        seen.append(seen[0].new_ones(len(seen[0]), count, g))
        keys, values = (
            torch.cat([*each, x[:, None, :g].expand(-1, count, -1, -1)], dim=2)
            for each, x in ((keys, k), (values, v))
        )
        queries = own[0].reshape(self.heads, count, size, -1)
        local = self.softmax(queries, keys, values, torch.cat(seen, dim=2)[:, :, None])
        return torch.cat([self.whole(q[:, :g], k, v), local.flatten(1, 2)[:, :tokens]], dim=1)


def columns(place, keys, values, seen):
    """The keys and values (h, r, d) at `place` (c, x), (h, c, x, d) each, and which there are of these."""
    index = place.clamp(0, keys.shape[1] - 1)
    inside = index == place
    keys, values = (
        x.index_select(1, index.flatten()).unflatten(1, index.shape) for x in (keys, values)
    )
    return keys, values, seen[:, index] & inside


# Sparse tokens: each of these makes keys and values (h, m, d), and which of them are no padding (h or 1, m),
# of queries, keys and values (h, r, d) and `live` (r,), with r some blocks and m = r / sparsity_factor.


def all_tokens(config, q, k, v, live):
    return k, v, live[None]


def picked(place, k, v, live):
    """The tokens at `place` (h, m)."""
    keys, values = (x.gather(1, place[..., None].expand(-1, -1, x.shape[-1])) for x in (k, v))
    return keys, values, live[place]


def norm(config, q, k, v, live):
    """The longest keys of each chunk, by rising length."""
    size = min(config.block_size, config.sparse_block_size)
    length = torch.linalg.vector_norm(wide(k.detach()), dim=-1).masked_fill(~live, -1.0)
    best = length.unflatten(1, (-1, size)).topk(size // config.sparsity_factor, dim=-1).indices
    begin = torch.arange(0, len(live), size, device=k.device)[:, None]
    return picked((best.flip(-1) + begin).flatten(1), k, v, live)


def stride(config, q, k, v, live):
    """Every f-th token, each head from another one on."""
    place = torch.arange(0, len(live), config.sparsity_factor, device=k.device)
    head = torch.arange(len(k), device=k.device)[:, None]
    return picked(place + head % config.sparsity_factor, k, v, live)


def block_stride(config, q, k, v, live):
    """A stretch of each block, each head the next one."""
    size, step = config.block_size, config.block_size // config.sparsity_factor
    head = torch.arange(len(k), device=k.device)[:, None, None]
    within = (torch.arange(step, device=k.device) + head * step) % size
    begin = torch.arange(0, len(live), size, device=k.device)[:, None]
    return picked((begin + within).flatten(1), k, v, live)


def pooling(config, q, k, v, live):
    """Means of f tokens in a row."""
    groups = live.view(-1, config.sparsity_factor)
    keys, values = (
        (x * live[:, None]).unflatten(1, groups.shape).sum(2)
        / (groups.sum(1) + 1e-6).to(x.dtype)[:, None]
        for x in (k, v)
    )
    return keys, values, groups.any(1)[None]


def bos_pooling(config, q, k, v, live):
    """Means of f tokens in a row, weighted as the document's first token attends to them."""
    groups = live.view(-1, config.sparsity_factor)
    scores = (wide(k) * q[:, :1]).sum(-1) / k.shape[-1] ** 0.5
    scores = scores.masked_fill(~live, torch.finfo(scores.dtype).min).unflatten(1, groups.shape)
    weights = scores.softmax(-1)[..., None]
    keys, values = ((weights * x.unflatten(1, groups.shape)).sum(2).to(x.dtype) for x in (k, v))
    return keys, values, groups.any(1)[None]


def lsh(config, q, k, v, live):
    """Means of tokens whose keys point the same way; the hyperplanes are `lsh_seed`'s."""
    if config.sparsity_factor == config.sparse_block_size:
        return bos_pooling(config, q, k, v, live)
    size = min(config.block_size, config.sparse_block_size)
    shape = (len(live) // size, size)
    keys, values = ((wide(x) * live[:, None]).unflatten(1, shape) for x in (k, v))
    count = live.view(*shape, 1).to(keys.dtype).expand(len(k), -1, -1, -1)
    generator = torch.Generator().manual_seed(config.lsh_seed)
    rounds = [size] * config.lsh_num_pre_rounds + [size // config.sparsity_factor]
    for buckets in rounds:
        planes = torch.randn(len(k), k.shape[-1], buckets // 2, generator=generator).to(keys)
        with torch.no_grad():
            side = functional.normalize(keys, dim=-1) @ planes[:, None]
            bucket = torch.cat([side, -side], dim=-1).argmax(-1, keepdim=True)
        keys, values, count = (
            x.new_zeros(*x.shape[:2], buckets, x.shape[-1]).scatter_add(
                2, bucket.expand(-1, -1, -1, x.shape[-1]), x
            )
            for x in (keys, values, count)
        )
    keys, values = ((x / (count + 1e-8)).flatten(1, 2).to(k.dtype) for x in (keys, values))
    return keys, values, count.flatten(1) > 0


def wide(x):
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def unless_all(way):
    """`way`, but with one token behind each sparse token there is nothing to choose."""

    def chosen(config, *given):
        return (all_tokens if config.sparsity_factor == 1 else way)(config, *given)

    return chosen


SPARSE = {
    way.__name__: unless_all(way) for way in (norm, stride, block_stride, pooling, bos_pooling, lsh)
}


NOT_GIVEN = ("output_attentions", "output_hidden_states")


class LSGRobertaModel(RobertaModel):
    """RoBERTa's embeddings and layers around LSG attention."""

    config_class = LSGRobertaConfig
    supports_gradient_checkpointing = False

    def __init__(self, config, add_pooling_layer=True):
        super().__init__(config, add_pooling_layer=add_pooling_layer)
        if config.is_decoder or config.add_cross_attention:
            raise ValueError("this LSG attention is for encoders; is_decoder must be false")
        self.embeddings.global_embeddings = nn.Embedding(512, config.hidden_size)
        for layer in self.encoder.layer:
            layer.attention.self = LSGSelfAttention(config)
        self.post_init()

    def forward(
        self,
        input_ids=None,
        attention_mask=None,
        token_type_ids=None,
        position_ids=None,
        inputs_embeds=None,
        return_dict=None,
        **kwargs,
    ):
        for name in NOT_GIVEN:
            if kwargs.get(name) or getattr(self.config, name, None):
                raise ValueError(f"this model has no {name}: it gives its last hidden states only")
        states = self.embeddings(
            input_ids=input_ids,
            token_type_ids=token_type_ids,
            position_ids=position_ids,
            inputs_embeds=inputs_embeds,
        )
        shape = states.shape[:2]
        if attention_mask is not None and attention_mask.shape != shape:
            raise ValueError(f"attention_mask is {tuple(attention_mask.shape)}, not {tuple(shape)}")
        kept = states.new_ones(shape, dtype=torch.bool)
        kept = kept if attention_mask is None else attention_mask.bool()
        lengths = kept.sum(1).tolist()
        g = self.config.num_global_tokens
        learned = self.embeddings.LayerNorm(self.embeddings.global_embeddings.weight[:g])
        x = torch.cat(
            [
                part
                for document in states[kept].split(lengths)
                for part in (self.embeddings.dropout(learned), document)
            ]
        )
        longer = [length + g for length in lengths]
        for layer in self.encoder.layer:
            attention = layer.attention
            x = attention.output(attention.self(x, longer), x)
            x = layer.output(layer.intermediate(x), x)
        pooled = int(self.config.pool_with_global or self.config.mask_first_token)
        own = [
            part
            for document in x.split(longer)
            for part in (document[:pooled], document[g + pooled :])
            if len(document) > g
        ]
        states = torch.zeros_like(states).index_put((kept,), torch.cat(own).to(states.dtype))
        pooler = None if self.pooler is None else self.pooler(states)
        if return_dict is False:
            return states, pooler
        return BaseModelOutputWithPoolingAndCrossAttentions(
            last_hidden_state=states, pooler_output=pooler
        )


class LSGRobertaForMaskedLM(RobertaForMaskedLM):
    config_class = LSGRobertaConfig

    def __init__(self, config):
        super().__init__(config)
        self.roberta = LSGRobertaModel(config, add_pooling_layer=False)
        self.post_init()


class LSGRobertaForTokenClassification(RobertaForTokenClassification):
    config_class = LSGRobertaConfig

    def __init__(self, config):
        super().__init__(config)
        self.roberta = LSGRobertaModel(config, add_pooling_layer=False)
        self.post_init()


class LSGRobertaForSequenceClassification(RobertaForSequenceClassification):
    config_class = LSGRobertaConfig

    def __init__(self, config):
        super().__init__(config)
        self.roberta = LSGRobertaModel(config, add_pooling_layer=False)
        self.post_init()


class LSGRobertaForQuestionAnswering(RobertaForQuestionAnswering):
    config_class = LSGRobertaConfig

    def __init__(self, config):
        super().__init__(config)
        self.roberta = LSGRobertaModel(config, add_pooling_layer=False)
        self.post_init()


class LSGRobertaForMultipleChoice(RobertaForMultipleChoice):
    config_class = LSGRobertaConfig

    def __init__(self, config):
        super().__init__(config)
        self.roberta = LSGRobertaModel(config)
        self.post_init()
