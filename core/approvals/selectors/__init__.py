"""Reads of the signature engine."""

from core.approvals.selectors.requests import ApprovalNotFound, find_open, get

__all__ = ["ApprovalNotFound", "find_open", "get"]
