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
from hotline_provider.models import Extension, Job, JobWithContact, Offer, Provider
from hotline_provider.problems import Problem, Unreachable
from hotline_provider.terms import DeclineReason, ReturnReason, ToldHow

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
