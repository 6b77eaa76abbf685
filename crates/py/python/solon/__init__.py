"""Rego, the policy language of Open Policy Agent, evaluated in the process, with OPA's answers.

>>> import solon
>>> policy = solon.Policy('''
... package app
... deny contains "no owner" if not input.owner
... ''')
>>> deny = policy.query("data.app.deny")
>>> deny.evaluate({"owner": ""}), deny.evaluate({})
([], ['no owner'])

`Policy` is compiled Rego with its data, from texts or, by `Policy.from_files`, from files and bundles. `Policy.query`
prepares a `Query`, which is asked with `evaluate`, `allows`, `results` and, for many inputs at once, `evaluate_many`;
`explain` says which rules a value is made of. `Policy.query_set` prepares several queries that are asked together.
What goes wrong raises `SolonError`. `builtin` makes a Python function one that policies can call. `solon.kubernetes`
reads manifests and answers AdmissionReviews.

Policies and queries never change, work in any number of threads, and can be pickled.
"""

from . import kubernetes
from ._builtins import Builtin, builtin
from ._errors import Issue, SolonError
from ._explanations import Explanation, FiredRule
from ._limits import Limits
from ._solon import Policy, Query, QuerySet

__all__ = [
    "Builtin",
    "Explanation",
    "FiredRule",
    "Issue",
    "Limits",
    "Policy",
    "Query",
    "QuerySet",
    "SolonError",
    "builtin",
    "kubernetes",
]
