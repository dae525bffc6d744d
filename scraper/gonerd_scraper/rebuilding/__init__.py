"""The documents of a manifest again, from wherever their pages are kept."""
