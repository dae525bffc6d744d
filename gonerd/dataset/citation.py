"""How to cite what GONERD is: the paper that introduced it."""

from __future__ import annotations

__all__ = ["ARXIV", "BIBTEX", "PAPER_URL"]

ARXIV = "2311.13657"
PAPER_URL = f"https://arxiv.org/abs/{ARXIV}"

BIBTEX = """\
@article{brown2023efficient,
  title   = {Efficient Transformer Knowledge Distillation: A Performance Review},
  author  = {Brown, Nathan and Williamson, Ashton and Anderson, Tahj and Lawrence, Logan},
  journal = {arXiv preprint arXiv:2311.13657},
  year    = {2023}
}"""
