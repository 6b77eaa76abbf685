"""Several queries on one input: `Policy.query_set`."""

import pickle
import threading

import pytest

import solon
from solon import Limits, Policy, SolonError

MODULE = """package app

total := sum(input.prices)

is_dear if total > 100

twice := 1 if input.prices
twice := 2 if input.prices

long := count([1 | some x in numbers.range(1, 100000); x > 0])
"""


def test_values_are_those_of_the_queries():
    policy = Policy(MODULE)
    texts = ["data.app.total", "data.app.is_dear", "data.app.missing", "x := input.prices[0]"]
    both = policy.query_set(texts)
    assert both.texts == texts and len(both) == 4 and both.policy is policy
    for given in ({"prices": [70, 50]}, b'{"prices": [1]}'):
        assert both.evaluate(given) == [policy.query(text).evaluate(given) for text in texts]
    assert both.evaluate({"prices": [1]}, "nothing")[1:3] == ["nothing", "nothing"]
    assert policy.query_set([]).evaluate({}) == []
    again = pickle.loads(pickle.dumps(policy.query_set(["{1, 2}"], sets=True, limits=Limits(instructions=1000))))
    assert again.evaluate() == [{1, 2}]


def test_errors_are_of_one_query():
    policy = Policy(MODULE)
    both = policy.query_set(["data.app.twice", "data.app.total", "data.app.long"], limits=Limits(instructions=5000))
    error, total, limit = both.evaluate({"prices": [1, 2]}, errors="return")
    assert (error.code, total, limit.code) == ("eval_conflict_error", 3, "eval_limit_error")
    with pytest.raises(SolonError, match="conflict"):
        both.evaluate({"prices": [1, 2]})
    with pytest.raises(SolonError):
        both.evaluate(b"{", errors="return")
    with pytest.raises(SolonError):
        policy.query_set(["data.app.total", "data.app["])
    with pytest.raises(ValueError):
        both.evaluate({}, errors="ignore")
    assert both.evaluate({"prices": [1, 2]}, errors="return")[1] == 3


def test_what_a_function_raises_goes_on():
    class Stop(BaseException):
        pass

    @solon.builtin("own.stop", "(x: any) -> y: any")
    def stop(value):
        raise Stop if value else KeyError(value)

    both = Policy("package a\nx := own.stop(input)\ny := 2", builtins=[stop]).query_set(["data.a.x", "data.a.y"])
    with pytest.raises(Stop):
        both.evaluate(1)
    with pytest.raises(SolonError):
        both.evaluate(0)
    error, value = both.evaluate(0, errors="return")
    assert isinstance(error, SolonError) and value == 2


def test_threads_ask_at_once():
    both = Policy(MODULE).query_set(["data.app.total", "data.app.is_dear"])
    wrong = []

    def ask(number):
        for price in range(200):
            if both.evaluate({"prices": [price, number]})[0] != price + number:
                wrong.append(price)

    threads = [threading.Thread(target=ask, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
