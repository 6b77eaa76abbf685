"""Builtins that are Python's functions."""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import types
from decimal import Decimal
from typing import Any

import pytest

import solon
from solon import Limits, Policy, SolonError, builtin


@builtin("office.is_open", pure=True)
def is_open(hour: int) -> bool:
    return 9 <= hour < 17


def policy_with(function, text="package a\nx := own.f(input)"):
    return Policy(text, builtins=[builtin("own.f", "(x: any) -> y: any")(function)])


def test_signatures_follow_from_annotations():
    @builtin("f")
    def f(a: str, b: float | None, c: list[int], d: dict[str, bool], e: Any, g: set[str] = frozenset()) -> Decimal:
        return Decimal(1)

    assert f.signature == (
        "(string, number | null, array[number], object[string: boolean], any, set[string]) -> number"
    )
    assert f(1, 2, 3, 4, 5) == 1 and f.__name__ == "f"

    @builtin("g")
    def g(a: str | None) -> bool | types.EllipsisType: ...

    assert g.signature == "(string | null) -> boolean"


def test_calls_are_checked_when_they_are_compiled():
    with pytest.raises(SolonError) as raised:
        Policy('package a\nx if office.is_open("ten")', builtins=[is_open])
    assert raised.value.code == "rego_type_error"
    with pytest.raises(SolonError) as raised:
        Policy("package a\nx if office.is_open(1, 2, 3)", builtins=[is_open])
    assert raised.value.code == "rego_type_error"
    with pytest.raises(SolonError, match="undefined function"):
        Policy("package a\nx if office.is_open(1)")


@pytest.mark.parametrize(
    "name,signature", [("count", "(any) -> any"), ("a b", "() -> any"), ("f", "(any) -> "), ("f", "(any)"), ("", "() -> any")]
)
def test_names_and_signatures_are_checked(name, signature):
    with pytest.raises(SolonError) as raised:
        Policy("package a", builtins=[builtin(name, signature)(len)])
    assert raised.value.code == "invalid_builtin"


def test_values_go_in_and_out():
    seen = []
    echo = policy_with(lambda x: seen.append(x) or x).query("data.a.x")
    for value in (None, True, 10**30, 1.5, "x", [1, [2]], {"a": {"b": 1}}):
        assert echo.evaluate(value) == value
        assert seen.pop() == value
    assert policy_with(lambda x: {"b", "a"}, "package a\nx if own.f(1) == {\"a\", \"b\"}").query("data.a.x").allows()


def test_undefined():
    query = policy_with(lambda x: ..., "package a\nx if not own.f(1)").query("data.a.x")
    assert query.allows()


class Mine(Exception):
    pass


def fail(_):
    raise Mine("broken")


def test_an_exception_is_never_an_answer():
    text = "package a\ndefault allow := true\nallow if not own.f(input)\nx if not own.f(1)\ny := [1 | own.f(2)]"
    policy = policy_with(fail, text)
    for query in ("data.a.allow", "data.a.x", "data.a.y", "not own.f(1)", "data"):
        for ask in ("evaluate", "allows", "results"):
            with pytest.raises(SolonError) as raised:
                getattr(policy.query(query), ask)({})
            assert isinstance(raised.value.__cause__, Mine)
            assert raised.value.code == "eval_builtin_error" and "broken" in str(raised.value)
    many = policy.query("data.a.x").evaluate_many([1, 2, 3], errors="return", threads=2)
    assert all(isinstance(error.__cause__, Mine) for error in many)
    admission = solon.kubernetes.Admission([(policy, "data.a.allow")])
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "7"}}
    assert admission.review(review)["response"]["allowed"] is False


@pytest.mark.parametrize("result", [object(), float("nan"), {1: 2}, "\ud800", [b"x"]])
def test_a_result_that_is_no_value_is_an_error(result):
    query = policy_with(lambda x: result, "package a\nx if not own.f(1)").query("data.a.x")
    with pytest.raises(SolonError, match="own.f: result"):
        query.evaluate()


@pytest.mark.parametrize(
    "signature,result",
    [
        ("(any) -> boolean", None),
        ("(any) -> boolean", 1),
        ("(any) -> number", False),
        ("(any) -> set[string]", ["a"]),
        ("(any) -> array[boolean]", [True, None]),
        ("(any) -> object[string: boolean]", {"a": "no"}),
        ("(string) -> boolean", True),
    ],
)
def test_what_is_not_as_declared_is_an_error(signature, result):
    text = "package a\nx if own.f(input)\ny if not own.f(input)\nz := [1 | own.f(input)]"
    policy = Policy(text, builtins=[builtin("own.f", signature)(lambda x: result)])
    for rule in "xyz":
        query = policy.query(f"data.a.{rule}")
        with pytest.raises(SolonError, match="own.f: (the result|operand 1) must be") as raised:
            query.allows(1)
        assert raised.value.code == "eval_builtin_error"
        assert [error.code for error in query.evaluate_many([1, 2], errors="return", threads=2)] == ["eval_builtin_error"] * 2


def test_a_function_that_forgets_to_return_allows_nothing():
    @builtin("office.knows")
    def knows(name: str) -> bool:
        if name == "ann":
            return True

    policy = Policy("package a\nallow if office.knows(input)", builtins=[knows])
    assert policy.query("data.a.allow").allows("ann")
    with pytest.raises(SolonError, match="office.knows: the result must be boolean but got null"):
        policy.query("data.a.allow").allows("bob")


def test_a_result_may_not_be_nested_too_deeply():
    def nested(value, depth):
        for _ in range(depth):
            value = [value]
        return value

    with pytest.raises(SolonError, match="depth"):
        policy_with(lambda x: nested(x, 5000)).query("data.a.x").evaluate(1)
    # Nor by one call within the other.
    wrap = policy_with(lambda x: nested(x, 100), "package a\nf0(x) := own.f(x)\n" + "\n".join(
        f"f{n + 1}(x) := f{n}(f{n}(x))" for n in range(5)
    ) + "\nx := f5(1)")
    with pytest.raises(SolonError, match="depth|nested"):
        wrap.query("data.a.x").evaluate()


def test_an_argument_may_not_be_too_large():
    text = "package a\n" + "\n".join(
        [f"x{n + 1} := [x{n}, x{n}, x{n}, x{n}, x{n}, x{n}, x{n}, x{n}]" for n in range(20)]
    ) + "\nx0 := 1\nx := own.f(x20)"
    with pytest.raises(SolonError, match="too large"):
        policy_with(lambda x: 1, text).query("data.a.x").evaluate()


def test_equal_calls_are_made_once():
    calls = []
    query = policy_with(lambda x: calls.append(x) or len(calls), "package a\nx := [own.f(1), own.f(1), own.f(2)]").query("data.a.x")
    assert query.evaluate() == [1, 1, 2]
    assert query.evaluate() == [3, 3, 4]


def test_a_function_may_ask_policies():
    inner = Policy("package b\nx := input + 1").query("data.b.x")
    outer = policy_with(lambda x: inner.evaluate(x)).query("data.a.x")
    assert outer.evaluate(1) == 2
    assert outer.evaluate_many(range(100), threads=2) == list(range(1, 101))
    with pytest.raises(SolonError) as raised:
        policy_with(lambda x: inner.policy.query("x +").evaluate(x)).query("data.a.x").evaluate(1)
    assert isinstance(raised.value.__cause__, SolonError)


def test_a_function_may_ask_the_query_that_calls_it():
    holder = {}
    query = policy_with(
        lambda n: n if n == 0 else holder["query"].evaluate(n - 1), "package a\nx := own.f(input)"
    ).query("data.a.x")
    holder["query"] = query
    assert query.evaluate(20) == 0
    with pytest.raises((SolonError, RecursionError)):
        query.evaluate(10_000)


def test_what_is_no_exception_goes_on():
    def stop(_):
        raise KeyboardInterrupt

    query = policy_with(stop).query("data.a.x")
    with pytest.raises(KeyboardInterrupt):
        query.evaluate(1)
    with pytest.raises(KeyboardInterrupt):
        query.evaluate_many([1, 2], threads=2)


def test_signals_end_an_evaluation():
    text = "package a\nx if { some a in numbers.range(1, 100000); some b in numbers.range(1, 100000); a + b < 0 }"
    # Without a signal the test fails, and does not go on for ever.
    query = Policy(text).query("data.a.x", limits=Limits(timeout=20))
    # A shell starts what runs in the background with the signal ignored, and Python leaves it at that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for ask in (query.evaluate, lambda: query.evaluate_many([1, 2, 3], threads=2)):
            timer = threading.Timer(0.2, lambda: signal.raise_signal(signal.SIGINT))
            timer.start()
            with pytest.raises(KeyboardInterrupt):
                ask()
            timer.join()
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("threads", [None, 1, 2])
def test_many_end_when_a_signal_comes_while_answers_come(threads):
    text = "import signal, solon\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n" + (
        'query = solon.Policy().query("input.x == 1")\nprint("begun", flush=True)\n'
        f"try:\n    query.evaluate_many(({{'x': 1}} for _ in iter(int, 1)), threads={threads})\n"
        "except KeyboardInterrupt:\n    print('ended')"
    )
    done = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)
    try:
        assert done.stdout.readline() == "begun\n"
        time.sleep(0.3)
        done.send_signal(signal.SIGINT)
        assert done.communicate(timeout=20)[0] == "ended\n"
    finally:
        done.kill()


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="there is one processor")
def test_others_evaluate_where_it_is_worth_it():
    def threads_of(pause, count):
        seen = set()

        def f(x):
            seen.add(threading.get_ident())
            time.sleep(pause)
            return x

        query = policy_with(f).query("data.a.x")
        assert query.evaluate_many(range(count)) == list(range(count))
        return seen

    own = {threading.get_ident()}
    assert threads_of(0.003, 1) == own
    assert threads_of(0.003, 20) > own
    assert policy_with(lambda x: x).query("input").evaluate_many(range(10_000)) == list(range(10_000))


PANIC = r"""
import faulthandler, solon
faulthandler.dump_traceback_later(20, exit=True)
try:
    solon.Policy("package")
except solon.SolonError:
    pass
# What the native code takes for a panic of its own.
[panic] = [kind for kind in BaseException.__subclasses__() if kind.__name__ == "PanicException"]

@solon.builtin("own.f", "(number) -> number")
def f(x):
    if x == 3:
        raise panic("on purpose")
    return x

query = solon.Policy(builtins=[f]).query("own.f(input)")
for threads in (2, 4):
    try:
        query.evaluate_many(range(100_000), threads=threads)
    except BaseException as error:
        # It was another thread of ours, or the one that asked.
        print(str(error) in ("a thread ended early", "on purpose"))
for ask in (lambda: query.evaluate(3), lambda: query.evaluate_many(range(100_000), threads=1)):
    try:
        ask()
    except BaseException as error:
        print(type(error).__name__)
print(query.evaluate_many(range(3)))
"""


def test_a_thread_that_panics_ends_all():
    done = subprocess.run([sys.executable, "-c", PANIC], capture_output=True, text=True, timeout=60)
    assert done.stdout == "True\n" * 2 + "PanicException\n" * 2 + "[0, 1, 2]\n", done.stderr


def test_what_a_function_asks_lets_other_threads_run():
    heavy = Policy().query(
        "a := numbers.range(1, 2500); count([1 | some x in a; some y in a; x + y == -1])"
    )
    query = policy_with(lambda x: heavy.evaluate()).query("data.a.x")
    ticks = []
    stop = threading.Event()

    def tick():
        while not stop.wait(0.001):
            ticks.append(time.monotonic())

    # Were it to go on after a failure, Python would not end.
    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        for ask in (
            lambda: query.evaluate(1),
            lambda: query.evaluate_many([1], threads=1),
            lambda: query.evaluate_many([1], threads=2),
        ):
            begun = time.monotonic()
            ask()
            ended = time.monotonic()
            during = [at for at in ticks if begun < at < ended]
            longest = max(after - before for before, after in zip([begun, *during], [*during, ended]))
            assert longest < 0.7 * (ended - begun)
    finally:
        stop.set()
        thread.join()


def test_a_signal_in_print_goes_on():
    def stop(place, message):
        raise KeyboardInterrupt

    policy = policy_with(lambda x: x, 'package a\nx if print("a")\ny if { print("a"); own.f(1) }')
    for rule in "xy":
        query = policy.query(f"data.a.{rule}", print=stop)
        for ask in (query.evaluate, lambda: query.evaluate_many([1, 2], errors="return", threads=2)):
            with pytest.raises(KeyboardInterrupt):
                ask()


def test_they_pickle():
    policy = Policy("package a\nx if office.is_open(input)", builtins=[is_open])
    again = pickle.loads(pickle.dumps(policy.query("data.a.x")))
    assert again.allows(10) and not again.allows(20)
    assert pickle.loads(pickle.dumps(is_open)) is is_open


def test_two_policies_may_have_functions_of_one_name():
    one, two = (policy_with(lambda x, n=n: n).query("data.a.x") for n in (1, 2))
    assert (one.evaluate(0), two.evaluate(0)) == (1, 2)


def test_a_saved_policy_needs_its_functions():
    policy = Policy("package a\nx if office.is_open(input)", builtins=[is_open])
    saved = policy.save()
    assert Policy.load(saved, [is_open]).query("data.a.x").allows(10)
    with pytest.raises(SolonError, match="there is no function office.is_open"):
        Policy.load(saved)
    other = builtin("office.is_open", "(hour: string) -> boolean")(lambda hour: True)
    with pytest.raises(SolonError, match="was compiled for"):
        Policy.load(saved, [other])
