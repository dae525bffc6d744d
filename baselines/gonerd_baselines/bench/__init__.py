"""What models cost: the paper's tables measured anew, beside our encoder and what people use today."""

from gonerd_baselines.bench.checked import check_device
from gonerd_baselines.bench.configuration import Configuration
from gonerd_baselines.bench.row import Row
from gonerd_baselines.bench.rows import ROWS, rows_named
from gonerd_baselines.bench.running import run_benchmark

__all__ = ["ROWS", "Configuration", "Row", "check_device", "rows_named", "run_benchmark"]
