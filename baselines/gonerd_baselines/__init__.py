"""Baselines for GONERD: a long-document tagger with efficient attention, trained from scratch."""
