"""Objects become values and come back."""

import contextlib
import enum
import json
import math
import signal
import subprocess
import sys
import time
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import solon

ECHO = solon.Policy("package a\nx := input").query("data.a.x")
ECHO_SETS = ECHO.policy.query("data.a.x", sets=True)
ECHO_DECIMALS = ECHO.policy.query("data.a.x", decimals=True)

texts = st.text(st.characters(exclude_categories=["Cs"]))
floats = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | st.integers() | floats | texts
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=20
)


@given(documents)
@settings(max_examples=500)
def test_what_goes_in_comes_out(document):
    assert ECHO.evaluate(document) == document


@given(documents)
@example(562949953421312.25)
@example(-8796093022208.0625)
@settings(max_examples=500)
def test_objects_and_json_agree(document):
    """Also in how numbers are written, which `sprintf` shows."""
    query = solon.Policy('package a\nx := sprintf("%v %v", [input, json.marshal(input)])').query("data.a.x")
    assert query.evaluate(document) == query.evaluate(json.dumps(document).encode())


@given(st.lists(documents, max_size=30), st.none() | st.integers(1, 4))
@settings(max_examples=50, deadline=None)
def test_many_are_as_one_by_one(documents, threads):
    assert ECHO.evaluate_many(documents, threads=threads) == documents


# Objects of a list that mostly have the same keys in the same order, some of which are other objects of equal text.
records = st.lists(
    st.permutations(["name", "value", "kind", "a longer key"]).flatmap(
        lambda names: st.integers(1, 4).flatmap(
            lambda count: st.tuples(*[scalars | st.just({"value": 1, "name": [2]})] * count).map(
                lambda values: {name[:1] + name[1:]: value for name, value in zip(names, values)}
            )
        )
    )
    | st.builds(lambda name, value: {"name": name, "value": value}, scalars, scalars),
    max_size=30,
)


@given(records)
@settings(max_examples=300, deadline=None)
def test_objects_that_are_alike(records):
    assert ECHO.evaluate(records) == records
    assert ECHO.evaluate_many([records, {"x": records}], threads=2) == [records, {"x": records}]
    some = solon.Policy("package a\nx := [[object.get(r, \"name\", 0), object.get(r, \"kind\", 0)] | some r in input]")
    expected = [[record.get("name", 0), record.get("kind", 0)] for record in records]
    assert some.query("data.a.x").evaluate(records) == expected


def test_texts_that_json_escapes():
    odd = [chr(n) for n in range(0x100)] + ["\u2028", "😀", "<", "é" * 9]
    texts = ["a" * before + text + "b" * after for text in odd for before in range(10) for after in (0, 1, 9)]
    for wanted in (texts, [{text: text} for text in texts]):
        assert ECHO.evaluate_many(wanted, threads=2) == wanted
        assert ECHO.evaluate(wanted) == wanted


@pytest.mark.parametrize("depth", [1, 50, 99, 100, 101, 900])
def test_many_of_any_depth(depth):
    value = 1
    for level in range(depth):
        value = {"a": value} if level % 2 else [value]
    assert ECHO.evaluate_many([value, b"[]", {"s": value}, value], threads=2) == [value, [], {"s": value}, value]


def test_many_that_are_no_json():
    class Text(str):
        pass

    values = [{1, 2}, Decimal("1.50"), 10**30, Text("x"), {"a": [frozenset("b")]}, {Text("k"): 1}, 1e300, (), (1, "a")]
    assert ECHO_DECIMALS.evaluate_many(values, threads=2) == [ECHO_DECIMALS.evaluate(value) for value in values]
    for wrong in ("\ud800", {"\ud800": 1}, {1: 2}, [object()], float("nan"), [[b""]]):
        [before, error, after] = ECHO.evaluate_many([1, wrong, 2], threads=2, errors="return")
        with pytest.raises(solon.SolonError) as raised:
            ECHO.evaluate(wrong)
        assert (before, str(error), after) == (1, str(raised.value), 2)


@given(documents)
def test_data(document):
    policy = solon.Policy(data={"x": document})
    assert policy.data == {"x": document}
    assert policy.query("data.x").evaluate() == document
    assert policy.patch_data(["y", "z"], document).data == {"x": document, "y": {"z": document}}


@given(st.integers(-(10**300), 10**300))
def test_integers_are_exact(number):
    assert ECHO.evaluate(number) == number
    assert type(ECHO.evaluate(number)) is int


@given(st.sets(scalars.filter(lambda x: not isinstance(x, float)) | st.frozensets(texts)))
def test_sets(members):
    # What Python takes for equal is not equal in Rego.
    if not {True, 1} <= members and not {False, 0} <= members:
        assert ECHO_SETS.evaluate(members) == members


def test_sets_are_sorted_lists_by_default():
    assert ECHO.evaluate({3, 1, 2}) == [1, 2, 3]
    assert ECHO.evaluate({"b", "a", 1, None}) == [None, 1, "a", "b"]
    assert ECHO_SETS.evaluate({(1, 2), frozenset({3})}) == {(1, 2), frozenset({3})}


def test_sets_are_sets_of_rego():
    query = solon.Policy('package a\nallow if input.roles == {"a", "b"}').query("data.a.allow")
    assert query.allows({"roles": {"b", "a"}})
    assert query.allows({"roles": frozenset("ab")})
    assert not query.allows({"roles": ["a", "b"]})
    member = solon.Policy('package a\nallow if input.roles.a == "a"').query("data.a.allow")
    assert member.allows({"roles": {"a"}}) and not member.allows({"roles": {"b"}})


def test_sets_of_objects_have_no_set_in_python():
    query = solon.Policy('package a\nx := {{"a": 1}}').query("data.a.x", sets=True)
    with pytest.raises(solon.SolonError, match="cannot hold objects"):
        query.evaluate()
    assert query.policy.query("data.a.x").evaluate() == [{"a": 1}]


@pytest.mark.parametrize("text", ["{1, true}", "{0, false}", "{[1], [true]}", "{{{1, true}}}", '{"a": {1, true, 2}}'])
def test_what_python_takes_for_equal_is_not_lost(text):
    query = solon.Policy().query(text, sets=True)
    with pytest.raises(solon.SolonError, match="cannot hold both 1 and True"):
        query.evaluate()


def test_a_value_that_has_no_object_is_an_error_of_its_input():
    query = solon.Policy("package a\nx contains y if some y in input").query("data.a.x", sets=True)
    answers = query.evaluate_many([[1], [{"a": 1}], [2], b"[1, true]", [3]], errors="return", threads=2)
    assert [answers[at] for at in (0, 2, 4)] == [{1}, {2}, {3}]
    assert [answers[at].code for at in (1, 3)] == ["invalid_result"] * 2
    with pytest.raises(solon.SolonError, match="cannot hold objects"):
        query.evaluate_many([[1], [{"a": 1}]], threads=2)


def test_integers_of_many_digits():
    query = solon.Policy("package a\nx := input * input").query("data.a.x")
    big = 10**4000
    with pytest.raises(solon.SolonError) as raised:
        query.evaluate(big)
    assert raised.value.code == "invalid_result" and "digits" in str(raised.value)
    one, error = query.evaluate_many([1, big], errors="return", threads=2)
    assert one == 1 and error.code == "invalid_result"


def test_decimals():
    price = Decimal("0.1000000000000000000000000000000001")
    assert ECHO_DECIMALS.evaluate(price) == price
    assert ECHO_DECIMALS.evaluate(1) == 1 and type(ECHO_DECIMALS.evaluate(1)) is int
    assert ECHO.evaluate(Decimal("1E+3")) == 1000
    assert ECHO.evaluate(price) == 0.1
    # No float has it.
    assert ECHO.evaluate(b"1e400") == Decimal("1e400")


class Color(enum.IntEnum):
    RED = 7


def liar(base):
    """A subclass that says of each question what it does not hold, or that it must not be asked."""

    def refuse(*_):
        raise AssertionError("not asked")

    def admin(*_):
        return iter(["admin"])

    methods = {name: refuse for name in dir(base) if name not in ("__new__", "__init__", "__class__", "__hash__")}
    methods |= {"__iter__": admin, "__len__": lambda _: 2**62, "__getattribute__": object.__getattribute__}
    methods["__class__"] = property(refuse)
    return type(f"Lying{base.__name__}", (base,), methods)


@pytest.mark.parametrize(
    "value",
    ["x", 7, 10**30, 1.5, 1e300, [1, [2]], [], (1, (2,)), (), {"a": {"b": 1}}, {}, {1, 2}, set(), frozenset({(1,), "x"}),
     frozenset(), Decimal("1.5")],
    ids=repr,
)  # fmt: skip
def test_subclasses_are_what_they_hold(value):
    lie = liar(type(value))(value)
    for query in (ECHO, ECHO_SETS):
        assert query.evaluate(lie) == query.evaluate(value)
        assert query.evaluate({"a": [lie]}) == query.evaluate({"a": [value]})
        assert query.evaluate_many([lie, {"a": lie}], threads=2) == query.evaluate_many([value, {"a": value}])


def test_a_subclass_of_bytes_is_json_as_they_are():
    assert ECHO.evaluate(liar(bytes)(b"[1, 2]")) == [1, 2]
    assert ECHO.evaluate_many([liar(bytes)(b"[1, 2]")], threads=2) == [[1, 2]]


def test_a_set_holds_nobody_whom_it_only_says():
    query = solon.Policy('package a\nallow if "admin" in input.roles').query("data.a.allow")
    for base in (set, frozenset, list, tuple):
        assert not query.allows({"roles": liar(base)()})


class Name(str):
    __hash__ = str.__hash__

    def __eq__(self, other):
        return self is other


def test_names_are_what_they_hold():
    assert ECHO.evaluate([Color.RED, {Name("a"): 1}]) == [7, {"a": 1}]
    # Of two keys that are one in JSON the last counts, as in JSON.
    assert ECHO.evaluate({Name("a"): 1, Name("a"): 2}) == ECHO.evaluate(b'{"a": 1, "a": 2}') == {"a": 2}


def bomb(levels=9):
    """Small, and without measure when it is written out."""
    shared = ["lol"] * 9
    for _ in range(levels):
        shared = [shared] * 9
    return shared


MANY = solon.Policy("package a\ndefault seen := false\nseen if json.marshal(input) != ``\nallow if not seen")


def test_shared_parts_count_each_time():
    query = MANY.query("data.a.allow", limits=solon.Limits(memory=1 << 20))
    for asked in (bomb(), {"a": {"b": bomb()}}, (bomb(),), ["x" * 100_000] * 1000, {"a": [b for b in "ab"] + [bomb()]}):
        for ask in (query.evaluate, query.allows, query.results, lambda x: query.evaluate_many([x], threads=2)):
            with pytest.raises(solon.SolonError, match="more than 1048576 bytes of memory") as raised:
                ask(asked)
            assert raised.value.code == "eval_limit_error"
    errors = query.evaluate_many([1, bomb(), 2], errors="return", threads=2)
    assert [getattr(error, "code", error) for error in errors] == [None, "eval_limit_error", None]
    assert query.evaluate(bomb(1)) is None


def test_a_result_counts_too():
    policy = solon.Policy("package a\nallow if not own.f()", builtins=[solon.builtin("own.f", "() -> any")(bomb)])
    query = policy.query("data.a.allow", limits=solon.Limits(memory=1 << 20))
    with pytest.raises(solon.SolonError, match="own.f: more than 1048576 bytes of memory"):
        query.allows()


def test_time_counts_while_an_input_is_read():
    # Nothing in the items is wanted, so that reading them takes time alone.
    item = {str(n): n for n in range(1000)}
    policy = solon.Policy("package a\nnamed if input[_].name\nallow if not named")
    query = policy.query("data.a.allow", limits=solon.Limits(timeout=0.05))
    begun = time.monotonic()
    for ask in (query.allows, lambda x: query.evaluate_many([x], threads=2)):
        with pytest.raises(solon.SolonError, match="deadline"):
            ask([item] * 1_000_000)
    assert time.monotonic() - begun < 10


@contextlib.contextmanager
def alarm_after(seconds, handler):
    """A signal that needs no other thread of Python's."""
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("ask", ["evaluate", "evaluate_many", "data", "with_data"])
def test_signals_end_the_reading_of_an_input(ask):
    item = {str(n): n for n in range(1000)}
    many = [[item] * 1_000_000]
    query = solon.Policy("package a\nnamed if input[_][_].name\nallow if not named").query("data.a.allow")
    # Of data all is wanted: one list has all of it, and the test has an end.
    asks = {
        "evaluate": lambda: query.evaluate(many),
        "evaluate_many": lambda: query.evaluate_many([many], threads=2),
        "data": lambda: solon.Policy(data={"x": [[None] * 1000] * 30_000}),
        "with_data": lambda: query.policy.with_data({"x": [[None] * 1000] * 30_000}),
    }
    begun = time.monotonic()
    with alarm_after(0.05, signal.default_int_handler), pytest.raises(KeyboardInterrupt):
        asks[ask]()
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("keys", [5, 10_000])
def test_a_dict_that_changes_while_it_is_read_is_no_input(keys):
    changing = {str(n): [n] * (100_000 // keys) for n in range(keys)}

    def change(*_):
        changing["new"] = 1

    with alarm_after(0.05, change), pytest.raises(solon.SolonError, match="changed while it was read"):
        ECHO.evaluate([changing] * 300)


OUT_OF_MEMORY = r"""
import resource, solon, solon.kubernetes
shared = ["lol"] * 9
for _ in range(9):
    shared = [shared] * 9
query = solon.Policy("package a\nx := input").query("data.a.x")
admission = solon.kubernetes.Admission([(query.policy, "data.a.x")])
with open("/proc/self/statm") as numbers:
    most = int(numbers.read().split()[0]) * resource.getpagesize() + (100 << 20)
resource.setrlimit(resource.RLIMIT_AS, (most, most))
for ask in (
    lambda: solon.Policy(data={"a": shared}),
    lambda: query.policy.with_data(shared),
    lambda: query.evaluate(shared),
    lambda: query.evaluate_many([shared], threads=1),
):
    try:
        ask()
    except solon.SolonError as error:
        print(error.code, error.message)
print(admission.review({"request": shared})["response"]["status"]["message"])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a limit to the memory of a process")
def test_what_the_system_does_not_have_is_an_error():
    done = subprocess.run([sys.executable, "-c", OUT_OF_MEMORY], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 5 and all("memory" in line for line in lines), done.stdout
    assert all(line.startswith("eval_limit_error") for line in lines[:-1])


@pytest.mark.parametrize(
    "wrong,message",
    [
        (object(), "input: object has no value in JSON or Rego"),
        ({"a": [1, {"b": object()}]}, "input.a[1].b: object has no value"),
        ({"a": {1: 2}}, "input.a: a key is of type int"),
        ({None: 2}, "input: a key is of type NoneType"),
        (math.nan, "input: nan is no number"),
        ([math.inf], "input[0]: inf is no number"),
        (Decimal("NaN"), "input: NaN is no number"),
        (Decimal("1e1000000"), "is no number of JSON, or too large"),
        ({"x": b"raw"}, "input.x: bytes has no value"),
        ("\ud800", "surrogates not allowed"),
        pytest.param(10**5000, "input: ", id="huge"),
        (1j, "complex has no value"),
    ],
)
def test_what_is_no_value(wrong, message):
    for ask in (ECHO.evaluate, ECHO.allows, ECHO.results, lambda wrong: ECHO.evaluate_many([1, wrong], threads=2)):
        with pytest.raises(solon.SolonError) as raised:
            ask(wrong)
        assert message in str(raised.value)
        assert raised.value.code == "invalid_input"
    [good, error] = ECHO.evaluate_many([1, wrong], errors="return", threads=2)
    assert good == 1 and isinstance(error, solon.SolonError)


def nested(depth, wrap):
    value = 0
    for _ in range(depth):
        value = wrap(value)
    return value


@pytest.mark.parametrize("wrap", [lambda x: [x], lambda x: (x,), lambda x: {"k": x}, lambda x: frozenset([x])])
def test_deep_nesting(wrap):
    assert ECHO.evaluate(nested(500, wrap)) is not None
    for depth in (1_001, 100_000):
        if wrap(0) == frozenset([0]) and depth > 2_000:
            continue  # Python itself cannot hash it.
        with pytest.raises(solon.SolonError, match="depth"):
            ECHO.evaluate(nested(depth, wrap))


def test_cycles_end():
    cycle = []
    cycle.append(cycle)
    with pytest.raises(solon.SolonError, match="depth"):
        ECHO.evaluate(cycle)


def test_json_bytes():
    assert ECHO.evaluate(b'{"a": [1, 2.5, "x", null, true]}') == {"a": [1, 2.5, "x", None, True]}
    with pytest.raises(solon.SolonError) as raised:
        ECHO.evaluate(b'{"a": ')
    assert raised.value.code == "invalid_json"


def test_undefined_null_and_false_are_told_apart():
    query = solon.Policy("package a\nx := input.x").query("data.a.x")
    missing = object()
    assert query.evaluate({}, missing) is missing
    assert query.evaluate({"x": None}, missing) is None
    assert query.evaluate({"x": False}, missing) is False
    assert solon.Policy().query("input").evaluate(default=missing) is missing
    assert solon.Policy().query("input").evaluate(..., missing) is missing
    assert solon.Policy().query("input").evaluate(None, missing) is None
    assert query.evaluate_many([{}, {"x": 1}], default=missing, threads=2) == [missing, 1]


def test_keys_that_are_no_strings_are_named_as_in_json():
    query = solon.Policy("package a\nx := {1: 2, [1]: 3, true: 4}").query("data.a.x")
    assert query.evaluate() == {"1": 2, "[1]": 3, "true": 4}


def test_only_what_is_read_is_looked_at():
    query = solon.Policy("package a\nx := input.a.b").query("data.a.x")
    assert query.evaluate({"a": {"b": 1, "c": object()}, "d": object()}) == 1
