"""Objects become values and come back."""

import enum
import json
import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
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
@settings(max_examples=500)
def test_objects_and_json_agree(document):
    """Also in how numbers are written, which `sprintf` shows."""
    query = solon.Policy('package a\nx := sprintf("%v %v", [input, json.marshal(input)])').query("data.a.x")
    assert query.evaluate(document) == query.evaluate(json.dumps(document).encode())


@given(st.lists(documents, max_size=30), st.integers(1, 4))
@settings(max_examples=50, deadline=None)
def test_many_are_as_one_by_one(documents, threads):
    assert ECHO.evaluate_many(documents, threads=threads) == documents


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


class Name(str):
    pass


class Bag(dict):
    def items(self):
        raise AssertionError("not asked")


class Strange(float):
    def __repr__(self):
        raise AssertionError("not asked")


def test_subclasses_are_what_they_hold():
    assert ECHO.evaluate([Color.RED, Name("x"), Bag(a=1), Strange(1e300)]) == [7, "x", {"a": 1}, 1e300]
    assert ECHO.evaluate((1, (2,))) == [1, [2]]


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
    for ask in (ECHO.evaluate, ECHO.allows, ECHO.results, lambda wrong: ECHO.evaluate_many([1, wrong])):
        with pytest.raises(solon.SolonError) as raised:
            ask(wrong)
        assert message in str(raised.value)
        assert raised.value.code == "invalid_input"
    [good, error] = ECHO.evaluate_many([1, wrong], errors="return")
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
    assert query.evaluate_many([{}, {"x": 1}], default=missing) == [missing, 1]


def test_keys_that_are_no_strings_are_named_as_in_json():
    query = solon.Policy("package a\nx := {1: 2, [1]: 3, true: 4}").query("data.a.x")
    assert query.evaluate() == {"1": 2, "[1]": 3, "true": 4}


def test_only_what_is_read_is_looked_at():
    query = solon.Policy("package a\nx := input.a.b").query("data.a.x")
    assert query.evaluate({"a": {"b": 1, "c": object()}, "d": object()}) == 1
