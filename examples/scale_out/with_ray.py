"""A policy over a data set with Ray Data: `python examples/scale_out/with_ray.py [ROWS]`.

Needs `ray[data]` and the package `solon`. The same program runs on one machine and, with the address of a cluster in
`RAY_ADDRESS`, on many. It prints one line of JSON, and fails if the decisions are not those that are expected.
"""

from __future__ import annotations

import json
import sys
import time

import expenses
import pyarrow as pa
import pyarrow.compute as pc
import ray

import solon


class Decide:
    """A worker: Ray makes it once, and then gives it batch after batch."""

    def __init__(self, query: solon.Query) -> None:
        self.query = query

    def __call__(self, batch: pa.Table) -> pa.Table:
        return expenses.decide(self.query, batch)


def main(count: int) -> None:
    ray.init(log_to_driver=False, logging_level="error", include_dashboard=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    workers = max(1, int(ray.cluster_resources()["CPU"]))
    numbers = ray.data.range(count, override_num_blocks=max(1, count // 50_000))
    rows = numbers.map_batches(lambda batch: expenses.requests(batch["id"]), batch_format="pyarrow").materialize()

    begin = time.perf_counter()
    decided = rows.map_batches(
        Decide,
        fn_constructor_args=[expenses.query()],
        batch_format="pyarrow",
        batch_size=10_000,
        compute=ray.data.ActorPoolStrategy(size=workers),
    ).materialize()
    seconds = time.perf_counter() - begin

    seen = allowed = errors = expected = 0
    for batch in decided.iter_batches(batch_format="pyarrow", batch_size=100_000):
        seen += len(batch)
        allowed += pc.sum(batch["allowed"]).as_py()
        errors += len(batch) - batch["error"].null_count
        expected += expenses.expected(batch)
    figures = {"rows": seen, "allowed": allowed, "errors": errors, "workers": workers}
    print(json.dumps(figures | {"seconds": round(seconds, 2), "rows_per_second": round(count / seconds)}))
    if (seen, allowed, errors) != (count, expected, 0):
        sys.exit(f"expected {expected} of {count} rows to be allowed")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
