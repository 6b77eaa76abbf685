"""A look at a policy as in a notebook: each `# %%` begins a cell for editors and Jupyter (by jupytext).

`pip install .` in the repository, then `python examples/notebook.py`.
"""

# %% Requests, as a log has them
from collections import Counter

import solon

requests = [
    {"user": user, "action": action, "owner": owner}
    for user in ("ann", "bob", "eve")
    for action in ("read", "write")
    for owner in ("ann", "bob")
]

# %% A policy, and what it says of one request
policy = solon.Policy(
    """
package documents

default allow := false

# METADATA
# title: Owners do what they want
allow if input.user == input.owner

# METADATA
# title: Readers read
allow if {
    input.action == "read"
    input.user in data.readers
}
""",
    data={"readers": ["bob"]},
)
allow = policy.query("data.documents.allow")
print(requests[0], "->", allow.allows(requests[0]))

# %% All of them, by all processors
answers = allow.evaluate_many(requests)
print(Counter(answers))

# %% Which rules decide?
titles = Counter(rule.title or "default" for request in requests for rule in allow.explain(request).rules)
for title, count in sorted(titles.items()):
    print(f"{count:3} {title}")

# %% What would change, were eve a reader?
changed = allow.with_policy(policy.patch_data(["readers"], ["bob", "eve"])).evaluate_many(requests)
for request, before, after in zip(requests, answers, changed):
    if before != after:
        print(request, before, "->", after)
