"""The commands of the leaderboard, one a file."""
