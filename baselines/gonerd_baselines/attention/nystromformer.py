"""Nystromformer's attention (arXiv 2102.03902): tokens meet through a few landmarks of their document.

    softmax(Q Kl^T) pinv(softmax(Ql Kl^T)) softmax(Ql K^T) V, and V convolved along the document

Ql and Kl are means of segments of the document's queries and keys (`landmarks` says which); each head has a
filter of its own. A document of no more tokens than landmarks has full softmax attention, to which the
formula comes down there. Documents are apart in everything, there is no padding, and cost grows with length.

The reference (transformers, after github.com/mlpen/Nystromformer) differs in two things. Its sequences must
be as long as its configuration says, and its inverse begins with a number from the whole batch, so that
what comes out depends on the batch mates; `hf_compat` asks for the latter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from gonerd.errors import ConfigError
from gonerd_baselines.attention.backend import AUTO, checked_backend
from gonerd_baselines.attention.convolution import add_convolved, convolved
from gonerd_baselines.attention.documents import by_document, laid
from gonerd_baselines.attention.full import FullAttention, FullPlan
from gonerd_baselines.attention.landmarks import LandmarkWay, landmark_way, pseudo_inverse
from gonerd_baselines.attention.layer import LayerShape, SelfAttention
from gonerd_baselines.packing import Packing, packing_from_lengths, sent

__all__ = ["NystromformerAttention", "NystromformerSelfAttention"]

INITS = ("original", "exact")


@dataclass(frozen=True, slots=True)
class NystromformerAttention:
    """The pattern of one layer; the convolution is `NystromformerSelfAttention`'s."""

    num_landmarks: int | None = 64
    """Landmarks of a document. None for full softmax attention at every length: that is what transformers
    computes where `segment_means_seq_len` equals `num_landmarks`, as in the published models."""
    conv_kernel_size: int | None = 65
    """Tokens that a filter of the convolution spans, an odd number; None for no convolution."""
    iterations: int = 6
    """Steps of the inverse."""
    init: str = "original"
    """What the inverse's first value is divided by: the greatest sum of a column in all heads ("original",
    with which the published models were trained), or in each head ("exact", which converges faster)."""
    hf_compat: bool = False
    """The sum of init "original" is the greatest of all documents of a row that have more tokens than
    landmarks, as in transformers of a batch; else of each document, as there of a batch of one."""

    kind: ClassVar[str] = "nystromformer"
    backends: ClassVar[tuple[str, ...]] = ("dense", "sdpa", "blocked", "varlen")

    def __post_init__(self) -> None:
        if self.num_landmarks is not None and self.num_landmarks < 1:
            raise ConfigError(f"num_landmarks is {self.num_landmarks}, expected 1 or more")
        size = self.conv_kernel_size
        if size is not None and (size < 1 or size % 2 == 0):
            raise ConfigError(f"conv_kernel_size is {size}, expected an odd number of tokens")
        if self.iterations < 1:
            raise ConfigError(f"iterations is {self.iterations}, expected 1 or more")
        if self.init not in INITS:
            raise ConfigError(f"init {self.init!r} is unknown; expected one of {', '.join(INITS)}")
        if self.hf_compat and self.init != "original":
            raise ConfigError(
                f"hf_compat belongs to init original, and init is {self.init!r}; "
                "expected original, or no hf_compat"
            )

    def self_attention(self, shape: LayerShape) -> NystromformerSelfAttention:
        """With the convolution."""
        return NystromformerSelfAttention(shape, self)

    def prepare(
        self,
        packing: Packing,
        *,
        backend: str = AUTO,
        dtype: torch.dtype = torch.float32,
        global_tokens: Tensor | None = None,
    ) -> NystromformerPlan:
        """On a CPU "auto" is sdpa; on CUDA it is varlen in half precision, else blocked.

        Where `blocked` is asked for, documents of no more tokens than landmarks are computed by sdpa.
        """
        if global_tokens is not None:
            raise ConfigError(
                "nystromformer attention has no global tokens: its landmarks stand for all"
            )
        device = str(packing.document.device)
        if backend == AUTO:
            backend = self._backend(device, dtype)
        backend = checked_backend(backend, kind=self.kind, possible=self.backends, device=device)
        if backend == "dense":
            return NystromformerPlan(packing, backend)
        apart = None if backend == "sdpa" else self._apart(packing)
        most = self.num_landmarks
        if most is None:
            full = FullAttention().prepare(packing, backend=backend, dtype=dtype)
            return NystromformerPlan(packing, backend, (_Sort(full),), apart)
        sorts = []
        for long in (True, False):
            kept = [(length > most) == long for length in packing.lengths]
            part = _kept(packing, kept)
            if part is None:
                continue
            way: LandmarkWay | FullPlan
            if long:
                way = landmark_way(backend, part, most)
            else:
                plain = "sdpa" if backend == "blocked" else backend
                way = FullAttention().prepare(part, backend=plain, dtype=dtype)
            sorts.append(_Sort(way, None if all(kept) else _places(packing, kept)))
        return NystromformerPlan(packing, backend, tuple(sorts), apart)

    def _backend(self, device: str, dtype: torch.dtype) -> str:
        if not device.startswith("cuda"):
            return "sdpa"
        if dtype in (torch.float16, torch.bfloat16):
            return "varlen"
        return "sdpa" if self.num_landmarks is None else "blocked"

    def _apart(self, packing: Packing) -> Tensor | None:
        """(t,): places in a row where the zeros of half a filter stand between documents."""
        if self.conv_kernel_size is None or len(packing.lengths) == 1:
            return None
        place = torch.arange(packing.tokens, device=packing.document.device)
        return place + self.conv_kernel_size // 2 * packing.document

    def attend(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        plan: NystromformerPlan,
        *,
        dropout: float = 0.0,
    ) -> Tensor:
        """(h, t, d) each, the result too; without the convolution.

        Raises:
            ConfigError: there is a `dropout` and there are landmarks, and so no weights between tokens.
        """
        if dropout and self.num_landmarks is not None and plan.backend != "dense":
            raise ConfigError(
                "nystromformer attention forms no weights between tokens, and so has no dropout of them "
                f"({dropout} was asked for; the original has none either); expected 0, or the backend dense"
            )
        # The inverse doesn't converge in half precision, which autocast would give to its products.
        with torch.autocast(query.device.type, enabled=False):
            if plan.backend == "dense":
                return self._written_out(query, key, value, plan.packing, dropout)
            found = [
                self._of_a_sort(sort, query, key, value, dropout=dropout) for sort in plan.sorts
            ]
        places = [sort.places for sort in plan.sorts if sort.places is not None]
        return _taken(laid(found), torch.cat(places).argsort()) if places else found[0]

    def _of_a_sort(
        self, sort: _Sort, query: Tensor, key: Tensor, value: Tensor, *, dropout: float
    ) -> Tensor:
        q, k, v = (
            x if sort.places is None else _taken(x, sort.places) for x in (query, key, value)
        )
        if isinstance(sort.way, FullPlan):
            return FullAttention().attend(q, k, v, sort.way, dropout=dropout)
        return self._through_landmarks(q, k, v, sort.way)

    def _through_landmarks(
        self, query: Tensor, key: Tensor, value: Tensor, way: LandmarkWay
    ) -> Tensor:
        q, k = way.means(query), way.means(key)  # (b, h, m, d)
        inverse = self._inverse(q, k)
        gathered = way.gathered(q.to(value.dtype), key, value)
        values = inverse @ gathered.to(inverse.dtype)
        return way.spread(query, k.to(value.dtype), values.to(value.dtype))

    def _inverse(self, query: Tensor, key: Tensor) -> Tensor:
        """(b, h, m, m): of how the landmarks (b, h, m, d) attend to each other."""
        over = (-1,) if self.init == "exact" else (-3, -1)
        if self.hf_compat:
            over = (-4, *over)
        return pseudo_inverse(_weights(query, key), iterations=self.iterations, over=over)

    def _written_out(
        self, query: Tensor, key: Tensor, value: Tensor, packing: Packing, dropout: float
    ) -> Tensor:
        """The formula, with weights (h, n, n) between all tokens of a document."""
        documents = by_document(packing.lengths, query, key, value)
        most = self.num_landmarks
        marks = {
            index: (_means(q, most), _means(k, most))
            for index, (q, k, _) in enumerate(documents)
            if most is not None and q.shape[1] > most
        }
        inverses = {}
        if marks:
            stacked = (torch.stack(each) for each in zip(*marks.values(), strict=True))
            inverses = dict(zip(marks, self._inverse(*stacked), strict=True))
        found = []
        for index, (q, k, v) in enumerate(documents):
            if index in marks:
                q_marks, k_marks = marks[index]
                weights = _weights(q, k_marks) @ inverses[index] @ _weights(q_marks, k)
            else:
                weights = _weights(q, k)
            found.append(functional.dropout(weights.to(v.dtype), dropout) @ v)
        return laid(found)

    def bias(self, packing: Packing, *, global_tokens: Tensor | None = None) -> Tensor:
        """(t, t): 0 within a document, if there are no landmarks.

        Raises:
            ConfigError: there are landmarks, and what they compute is no softmax under a mask.
        """
        if self.num_landmarks is not None:
            raise ConfigError(
                "nystromformer attention with landmarks is no softmax under a mask; "
                "expected the backend dense, which writes its formula out"
            )
        return FullAttention().bias(packing, global_tokens=global_tokens)

    def flops(self, lengths: Sequence[int], *, width: int) -> int:
        """8 n m width from and to m landmarks, 4 m^2 width among them; full attention's up to m tokens.

        And 2 k n width for filters of k tokens. The steps of the inverse are left out, 8 m^3 for each step,
        head and document: `width` doesn't tell the heads.
        """
        m, k = self.num_landmarks, self.conv_kernel_size or 0
        total = 0
        for n in lengths:
            pairs = n * n if m is None or n <= m else 2 * n * m + m * m
            total += (4 * pairs + 2 * k * n) * width
        return total


def _kept(packing: Packing, kept: Sequence[bool]) -> Packing | None:
    """The documents that are `kept` in a packing of their own; None where none is."""
    if all(kept):
        return packing
    lengths = [length for length, keep in zip(packing.lengths, kept, strict=True) if keep]
    return packing_from_lengths(lengths, device=str(packing.document.device)) if lengths else None


def _places(packing: Packing, kept: Sequence[bool]) -> Tensor:
    """Places in the row of the tokens of the documents that are `kept`."""
    marked = torch.repeat_interleave(torch.tensor(kept), torch.tensor(packing.lengths))
    return sent(marked.nonzero()[:, 0], packing.document.device)


def _taken(x: Tensor, places: Tensor) -> Tensor:
    """(h, t, d) to the tokens at `places`, a token's heads together in memory."""
    return x.transpose(0, 1).index_select(0, places).transpose(0, 1)


def _means(x: Tensor, landmarks: int) -> Tensor:
    """(h, n, d) to (h, m, d), in single precision at least."""
    parts = _exact(x).tensor_split(landmarks, dim=1)
    return torch.stack([part.mean(1) for part in parts], dim=1)


def _weights(query: Tensor, key: Tensor) -> Tensor:
    """In single precision at least."""
    query, key = _exact(query), _exact(key)
    return torch.softmax(query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5, dim=-1)


def _exact(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))


@dataclass(frozen=True, slots=True)
class _Sort:
    """Documents that are computed alike: those with landmarks, or the others."""

    way: LandmarkWay | FullPlan
    places: Tensor | None = None
    """Where their tokens stand in the row; None where it has no others."""


@dataclass(frozen=True, slots=True)
class NystromformerPlan:
    """The packing, the backend, and what that makes of it."""

    packing: Packing
    backend: str
    sorts: tuple[_Sort, ...] = ()
    apart: Tensor | None = None
    """(t,): places of tokens in the row that is convolved; None where each document is for itself."""

    @property
    def ran(self) -> Counter[str]:
        """Documents by backend."""
        ran: Counter[str] = Counter()
        for sort in self.sorts:
            if isinstance(sort.way, FullPlan):
                ran += sort.way.ran
        ran[self.backend] += len(self.packing.lengths) - ran.total()
        return +ran


class NystromformerSelfAttention(SelfAttention):
    """With a convolution of the values; its parameter has transformers' name and shape, (h, 1, k, 1)."""

    def __init__(self, shape: LayerShape, pattern: NystromformerAttention) -> None:
        super().__init__(shape, pattern)
        heads, size = shape.num_attention_heads, pattern.conv_kernel_size
        self.conv = None
        if size is not None:
            self.conv = nn.Conv2d(heads, heads, (size, 1), groups=heads, bias=False)

    def attended(self, query: Tensor, key: Tensor, value: Tensor, plan: Any) -> Tensor:
        """(h, t, d) each, the result too."""
        found = super().attended(query, key, value, plan)
        if self.conv is None:
            return found
        weight, lengths = self.conv.weight, plan.packing.lengths
        if value.device.type == "cpu" and plan.apart is None and not torch.is_grad_enabled():
            add_convolved(found, value, weight, lengths)
            return found
        if value.device.type == "cpu":
            # Of halves, the sum of both is rounded, and so is its gradient, once.
            added = convolved(_exact(value), _exact(weight), lengths, plan.apart)
            return (_exact(found) + added).to(found.dtype)
        return found + convolved(value, weight, lengths, plan.apart)
