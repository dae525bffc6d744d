"""How work is shared out: processes with limits, ranks and their shards, executors."""
