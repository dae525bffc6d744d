"""The commands of the leaderboard."""

__all__: list[str] = []
