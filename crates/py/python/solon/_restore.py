"""What pickles call."""

from __future__ import annotations

from typing import Any

from ._solon import Policy, Query


def policy(*state: Any) -> Policy:
    """The policy that was pickled."""
    return Policy._restore(*state)


def query(policy: Policy, text: str, options: dict[str, Any]) -> Query:
    """The query that was pickled."""
    return policy.query(text, **options)
