"""The leaderboard: submissions as plain data, their checks and ranks, and the page that shows them."""

from gonerd_leaderboard.board import Board, Row, boards_from_entries
from gonerd_leaderboard.entry import Entry, entries
from gonerd_leaderboard.submission import submit

__all__ = ["Board", "Entry", "Row", "boards_from_entries", "entries", "submit"]
