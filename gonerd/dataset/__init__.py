"""The dataset: built, split, described, opened."""

from gonerd.dataset.building import build_dataset
from gonerd.dataset.card import DatasetFacts
from gonerd.dataset.loading import Dataset, documents_of, load

__all__ = ["Dataset", "DatasetFacts", "build_dataset", "documents_of", "load"]
