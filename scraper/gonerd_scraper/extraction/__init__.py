"""From the bytes of a page to its text, and what is known about it."""
