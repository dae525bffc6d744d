"""An audit: leaks between splits, likely label errors, and a dataset against what it says of itself."""

from gonerd.audit.auditing import (
    CONTAINMENT,
    EXAMPLES,
    JACCARD,
    audit_corpora,
    audit_dataset,
    splits_from_arguments,
)
from gonerd.audit.finding import Audit, Check, Finding, Place
from gonerd.audit.report import report_html

__all__ = [
    "CONTAINMENT",
    "EXAMPLES",
    "JACCARD",
    "Audit",
    "Check",
    "Finding",
    "Place",
    "audit_corpora",
    "audit_dataset",
    "report_html",
    "splits_from_arguments",
]
