"""Named entities in whole documents."""
