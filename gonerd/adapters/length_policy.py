"""How a model that reads only so many subwords at once meets a text of any length."""

from __future__ import annotations

from dataclasses import dataclass

from gonerd.adapters.adapter import AdapterOptions
from gonerd.adapters.policy import PolicyMode
from gonerd.adapters.subwords import Subwords
from gonerd.adapters.windows import Window, first_window, windows_from_counts
from gonerd.errors import ConfigError, InputError

__all__ = ["LengthPolicy", "length_policy_from_options"]

STRIDE = 7 / 8
"""Of a window's room, where the user names no stride: neighbours share the rest, 64 subwords of 510.

Sharing none to half of it moved F1 by 0.002 with a small model on real news (tp 2,094 to 2,112 of 4,805), and
half of it took 1.4 times as long.
"""


@dataclass(frozen=True, slots=True)
class LengthPolicy:
    """What is read of a text. Lengths are in subwords."""

    mode: PolicyMode
    max_len: int | None
    """The most at once, with the special ones; None is any length."""
    stride: int | None
    """How far a full window would start after the one before; None where there is only one."""
    special: int
    """How many of `max_len` are special."""

    def windows(self, subwords: Subwords, doc_id: str) -> list[Window]:
        """What is read of a text: one window, or as many as reach its end; none where it has no words.

        Raises:
            InputError: the text is to be read whole, and the model can't.
        """
        length = len(subwords.ids)
        room = max(length, 1) if self.max_len is None else self.max_len - self.special
        if self.mode == "native" and length > room:
            raise InputError(
                f"document {doc_id!r} has {length + self.special} subwords, the model reads "
                f"{self.max_len} at once; expected --policy window or truncate"
            )
        counts = subwords.counts.tolist()
        if self.mode == "truncate":
            return first_window(counts, room=room)
        return windows_from_counts(counts, room=room, stride=min(self.stride or room, room))


def length_policy_from_options(
    options: AdapterOptions, *, limit: int | None, usual: int | None, special: int
) -> LengthPolicy:
    """The policy that was asked for; windows of the usual length by default, and whole texts without a limit.

    Args:
        options: `policy`, `max_len` and `stride` are read.
        limit: the most subwords that the model can read, with the special ones; None is any number.
        usual: what is read at once if nobody says otherwise: `limit`, or less.
        special: subwords that the tokenizer puts around what is read.

    Raises:
        ConfigError: the options contradict each other or the model.
    """
    max_len = options.max_len if options.max_len is not None else usual
    mode = options.policy or ("native" if max_len is None else "window")
    if mode == "native":
        for name in ("max_len", "stride"):
            if getattr(options, name) is not None:
                option = f"--{name.replace('_', '-')}"
                raise ConfigError(f"--policy native reads texts whole and has no use for {option}")
        return LengthPolicy(mode, limit, None, special)
    if max_len is None:
        raise ConfigError(f"the model reads any length, so --policy {mode} needs --max-len")
    if limit is not None and max_len > limit:
        raise ConfigError(f"--max-len is {max_len}, the model reads {limit} subwords at most")
    room = max_len - special
    if room < 1:
        raise ConfigError(
            f"--max-len is {max_len}, which leaves no room beside {special} special subwords"
        )
    if mode == "truncate":
        if options.stride is not None:
            raise ConfigError("--policy truncate reads one window and has no use for --stride")
        return LengthPolicy(mode, max_len, None, special)
    stride = max(1, round(room * STRIDE)) if options.stride is None else options.stride
    if not 1 <= stride <= room:
        raise ConfigError(
            f"--stride is {stride}; expected 1 to {room}, the subwords of a text in one window"
        )
    return LengthPolicy(mode, max_len, stride, special)
