"""Text to distil on: OSCAR as the paper chose from it, and mixes with other corpora."""
