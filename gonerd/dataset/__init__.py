"""The dataset: built, split, described, opened."""

from gonerd.dataset.building import build_dataset
from gonerd.dataset.card import DatasetFacts
from gonerd.dataset.loading import Dataset, documents_of, load
from gonerd.dataset.places import PUBLISHED, dataset_id, dataset_or_default

__all__ = [
    "PUBLISHED",
    "Dataset",
    "DatasetFacts",
    "build_dataset",
    "dataset_id",
    "dataset_or_default",
    "documents_of",
    "load",
]
