"""How decisions come about: `Query.explain`."""

import pickle
import threading

import pytest

import solon
from solon import Limits, Policy, SolonError

MODULE = """# METADATA
# title: Access
package app

default allow := false

# METADATA
# title: Administrators
# custom: {control: AC-2}
allow if {
    input.user in data.admins
}

allow if is_owner(input.user)

is_owner(user) if input.owner == user

level := "high" if {
    input.price > 100
} else := "low"
"""


def app(**options):
    return Policy({"app.rego": MODULE}, data={"admins": ["ann"]}, **options)


def told(explanation):
    return [(rule.path, rule.row, rule.is_default, rule.is_else) for rule in explanation.rules]


def test_rules_are_told_with_their_places_and_annotations():
    query = app().query("data.app.allow")
    explanation = query.explain({"user": "ann"})
    assert explanation.value is True and told(explanation) == [("data.app.allow", 10, False, False)]
    [rule] = explanation.rules
    assert (rule.file, rule.column, rule.title) == ("app.rego", 1, "Administrators")
    assert [note["scope"] for note in rule.annotations] == ["rule", "package"]
    assert rule.annotations[0]["fields"]["custom"] == {"control": "AC-2"}
    explanation = query.explain({"user": "bob", "owner": "bob"})
    assert told(explanation) == [("data.app.allow", 14, False, False), ("data.app.is_owner", 16, False, False)]
    assert explanation.rules[0].title is None
    explanation = query.explain({"user": "bob"})
    assert explanation.value is False and told(explanation) == [("data.app.allow", 5, True, False)]
    assert told(app().query("data.app.level").explain({"price": 1})) == [("data.app.level", 20, False, True)]


def test_values_are_those_of_evaluate():
    query = app().query("data.app.allow")
    for given in ({"user": "ann"}, b'{"user": "bob", "owner": "bob"}', {}, None):
        assert query.explain(given).value == query.evaluate(given)
    assert query.explain().value is query.evaluate() is False
    undefined = app().query("data.app.missing")
    assert undefined.explain({}, "nothing").value == "nothing" and undefined.explain({}).value is None
    assert query.explain({}).instructions > 0 and query.explain({}).seconds > 0


def test_data_are_the_querys():
    policy = app()
    query = policy.query("data.app.allow")
    assert query.explain({"user": "bob"}).value is False
    query = query.with_policy(policy.patch_data(["admins"], ["bob"]))
    assert told(query.explain({"user": "bob"})) == [("data.app.allow", 10, False, False)]
    assert told(pickle.loads(pickle.dumps(query)).explain({"user": "bob"})) == [("data.app.allow", 10, False, False)]


def test_limits_and_functions_are_those_of_the_query():
    @solon.builtin("own.fails", "(x: any) -> y: any")
    def fails(value):
        raise KeyError(value)

    policy = Policy("package a\nlong := count([1 | some x in numbers.range(1, 100000); x > 0])\np := own.fails(1)", builtins=[fails])
    for _ in range(2):
        with pytest.raises(SolonError) as raised:
            policy.query("data.a.long", limits=Limits(instructions=100)).explain()
        assert raised.value.code == "eval_limit_error"
        with pytest.raises(SolonError) as raised:
            policy.query("data.a.p").explain()
        assert isinstance(raised.value.__cause__, KeyError)
    assert policy.query("data.a.long").explain().value == 100_000


def test_threads_explain_at_once():
    query = app().query("data.app.allow")
    wrong = []

    def ask(number):
        for round in range(200):
            user = "ann" if (number + round) % 2 else "bob"
            if [rule.row for rule in query.explain({"user": user}).rules] != [10 if user == "ann" else 5]:
                wrong.append(user)

    threads = [threading.Thread(target=ask, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
