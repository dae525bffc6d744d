"""A tagger of words that is trained from scratch in minutes: features, encoder, CRF, training."""
