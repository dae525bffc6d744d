"""The leaderboard: submissions as plain data, their checks and ranks, and the page that shows them."""
