"""Population-based training (arXiv 1711.09846) of fine-tunings, by Ray Tune."""
