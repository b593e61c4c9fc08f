"""The provider's side of the hotline: `HotlineClient`, the documents it returns and the errors it raises."""

from hotline_provider.account import (
    Complaint,
    Credit,
    CreditEntry,
    Decision,
    MonthReturn,
    MonthStatement,
    NoShow,
    Statement,
)
from hotline_provider.client import HotlineClient
from hotline_provider.journal import CannotKeep, Journal
from hotline_provider.models import (
    DeclineReason,
    Extension,
    Job,
    JobWithContact,
    Offer,
    Provider,
    ReturnReason,
    ToldHow,
)
from hotline_provider.problems import Problem, Unreachable

__all__ = [
    "CannotKeep",
    "Complaint",
    "Credit",
    "CreditEntry",
    "Decision",
    "DeclineReason",
    "Extension",
    "HotlineClient",
    "Job",
    "JobWithContact",
    "Journal",
    "MonthReturn",
    "MonthStatement",
    "NoShow",
    "Offer",
    "Problem",
    "Provider",
    "ReturnReason",
    "Statement",
    "ToldHow",
    "Unreachable",
]
