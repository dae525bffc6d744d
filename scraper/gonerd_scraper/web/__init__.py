"""Asking for pages: addresses that are allowed, one request at a time, and what sites say about use."""
