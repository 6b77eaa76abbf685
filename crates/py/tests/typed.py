"""A program as a user writes it, for the type checker: it is not run."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import solon
from solon import Builtin, Explanation, Limits, Policy, Query, QuerySet, SolonError, builtin
from solon.kubernetes import Admission, Manifest, manifests


@builtin("office.is_open", pure=True)
def is_open(hour: int) -> bool:
    return 9 <= hour < 17


def uses() -> Iterator[str]:
    functions: list[Builtin] = [is_open]
    policy: Policy = Policy({"a.rego": "package a"}, data={"x": [1, 2.5]}, builtins=functions, deny=["http.send"])
    files: Policy = Policy.from_files(Path("policies"), "data.json", bundles=["bundle.tar.gz"], syntax="v1")
    query: Query = policy.query("data.a.x", limits=Limits(timeout=0.5), sets=True, print=print)
    if query.allows({"user": "ann", "price": Decimal("1.5")}):
        yield str(query.evaluate(b"{}", default=None))
    for value in query.evaluate_many(({"n": n} for n in range(10)), threads=2):
        yield str(value)
    for outcome in query.evaluate_many([...], errors="return"):
        if isinstance(outcome, SolonError):
            yield f"{outcome.code} {outcome.file}:{outcome.row}:{outcome.column}"
    for result in query.results():
        yield result["expressions"][0]["text"]
        yield str(result["bindings"]["x"])
    explanation: Explanation = query.explain({"user": "ann"})
    for rule in explanation.rules:
        yield f"{rule.path} {rule.file}:{rule.row} {rule.title} {rule.annotations}"
    yield f"{explanation.value} {explanation.instructions} {explanation.seconds}"
    both: QuerySet = policy.query_set(["data.a.x", "data.a.y"], allow_hosts=["api.example.com"])
    for value in both.evaluate({"user": "ann"}, errors="return"):
        yield value.code if isinstance(value, SolonError) else str(value)
    manifest: Manifest = manifests("kind: Pod")[0]
    row, column = manifest.position(["spec", 0])
    admission = Admission([(files, "data.a.deny", "object"), (policy, "data.a.warn")])
    yield str(admission.review(manifest.input("admission"))) + str(row + column)
    yield str(query.with_policy(policy.patch_data(["x"], 1)).text)
    yield solon.Issue("code", "message").message
