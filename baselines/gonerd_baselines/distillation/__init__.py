"""A smaller model that learns from a larger one: losses, students, and the training of both."""
