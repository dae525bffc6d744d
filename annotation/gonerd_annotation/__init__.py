"""Annotation in Label Studio: documents out, annotations back, agreement."""
