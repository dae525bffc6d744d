"""A transformer encoder of BERT's shape over packed tokens, with pluggable attention."""

from gonerd_baselines.encoder.config import EncoderConfig
from gonerd_baselines.encoder.model import Encoder

__all__ = ["Encoder", "EncoderConfig"]
