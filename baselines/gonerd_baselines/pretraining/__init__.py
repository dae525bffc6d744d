"""Masked language modelling, from random weights or continued."""
