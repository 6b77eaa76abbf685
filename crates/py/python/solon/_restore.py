"""What pickles call."""

from __future__ import annotations

from typing import Any

from ._builtins import Builtin
from ._solon import Policy, Query, QuerySet


def policy(saved: bytes, builtins: list[Builtin]) -> Policy:
    """The policy that was pickled."""
    return Policy.load(saved, builtins)


def query(policy: Policy, text: str, options: dict[str, Any]) -> Query:
    """The query that was pickled."""
    return policy.query(text, **options)


def query_set(policy: Policy, texts: list[str], options: dict[str, Any]) -> QuerySet:
    """The queries that were pickled."""
    return policy.query_set(texts, **options)
