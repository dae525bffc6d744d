"""The paper's tables as printed (arXiv 2311.13657), and whether its figures follow from them."""

from gonerd_baselines.paper.check import Check, Verdict
from gonerd_baselines.paper.checking import TABLES, check_paper, paper_report, paper_text

__all__ = ["TABLES", "Check", "Verdict", "check_paper", "paper_report", "paper_text"]
