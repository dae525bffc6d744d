"""Models of any kind behind one method, which never sees gold."""

from gonerd.adapters.adapter import Adapter, AdapterOptions, Batched, ModelCard, Prediction
from gonerd.adapters.naming import adapter_from_spec
from gonerd.adapters.policy import POLICIES, Policy
from gonerd.adapters.predicting import predictions_of

__all__ = [
    "POLICIES",
    "Adapter",
    "AdapterOptions",
    "Batched",
    "ModelCard",
    "Policy",
    "Prediction",
    "adapter_from_spec",
    "predictions_of",
]
