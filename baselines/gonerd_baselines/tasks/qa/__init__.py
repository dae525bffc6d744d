"""Extractive question answering: SQuAD, HotpotQA and TriviaQA, from their files to their official scores."""
