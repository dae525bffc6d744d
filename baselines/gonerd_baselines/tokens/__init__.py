"""Texts to memory-mapped tokens, and tokens to packed batches in a seeded order."""
