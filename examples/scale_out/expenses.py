"""The policy, the data set and the check that both recipes share."""

from __future__ import annotations

import pathlib
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import solon

LIMITS = {"clerk": 500, "manager": 20_000, "director": 100_000}
EMBARGOED = ["XA", "XB"]
ROLES = ["clerk", "manager", "director", "visitor"]
COUNTRIES = ["DE", "FR", "XA", "JP", "BR", "XB", "US"]


def query() -> solon.Query:
    """The prepared query. It is pickled once for each worker, which loads it and compiles nothing."""
    policy = solon.Policy.from_files(pathlib.Path(__file__).with_name("expenses.rego"))
    return policy.with_data({"limits": LIMITS, "embargoed": EMBARGOED}).query("data.expenses.allow")


def requests(numbers: pa.Array) -> pa.Table:
    """Made-up requests, one for each number."""
    rows = numbers.to_pylist()
    return pa.table(
        {
            "user": [f"user-{n % 1000}" for n in rows],
            "role": [ROLES[n % len(ROLES)] for n in rows],
            "amount": [n * 7919 % 1_500_000 for n in rows],
            "country": [COUNTRIES[n % len(COUNTRIES)] for n in rows],
            "approved_by": [f"user-{n * 3 % 1000}" for n in rows],
        }
    )


def decide(query: solon.Query, rows: pa.Table) -> pa.Table:
    """The rows with a column `allowed`. What is an error is not allowed, and says why in `error`."""
    outcomes: list[Any] = query.evaluate_many(rows.to_pylist(), threads=1, errors="return")
    allowed = pa.array([outcome is True for outcome in outcomes])
    errors = pa.array(
        [str(outcome) if isinstance(outcome, solon.SolonError) else None for outcome in outcomes], pa.string()
    )
    return rows.append_column("allowed", allowed).append_column("error", errors)


def expected(rows: pa.Table) -> int:
    """How many rows are allowed, by other means than the policy."""
    limit: Any = pa.nulls(len(rows), pa.int64())
    for role, amount in LIMITS.items():
        limit = pc.if_else(pc.equal(rows["role"], role), amount, limit)
    within = pc.and_(pc.less_equal(rows["amount"], limit), pc.invert(pc.is_in(rows["country"], pa.array(EMBARGOED))))
    director = pc.and_(
        pc.and_(pc.equal(rows["role"], "director"), pc.not_equal(rows["approved_by"], rows["user"])),
        pc.less(rows["amount"], 1_000_000),
    )
    return pc.sum(pc.fill_null(pc.or_kleene(within, director), False)).as_py() or 0
