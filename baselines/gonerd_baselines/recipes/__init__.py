"""Recipes that ship: TOML files by command."""
