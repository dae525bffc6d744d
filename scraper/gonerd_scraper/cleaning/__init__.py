"""Which documents are worth keeping: rules, near-duplicates, reviewers, samples."""
