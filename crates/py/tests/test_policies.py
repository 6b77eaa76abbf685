"""Policies and queries: how they are made, asked, changed, pickled."""

import concurrent.futures
import gc
import io
import itertools
import json
import os
import pathlib
import pickle
import subprocess
import sys
import tarfile
import threading
import time

import pytest

import solon
from solon import Limits, Policy, SolonError

APP = """
package app

allow if input.user in data.admins

deny contains msg if {
    some item in input.items
    item.price > data.limit
    msg := sprintf("%s is too dear", [item.name])
}
"""


def app():
    return Policy({"app.rego": APP}, data={"admins": ["ann"], "limit": 10})


def test_a_query_is_asked():
    policy = app()
    assert policy.query("data.app.allow").allows({"user": "ann"}) is True
    assert policy.query("data.app.allow").allows({"user": "bob"}) is False
    deny = policy.query("data.app.deny")
    assert deny.evaluate({"items": [{"name": "tea", "price": 11}]}) == ["tea is too dear"]
    assert deny.evaluate() == []


def test_only_true_is_allowed():
    allow = Policy("package a\nallow := input").query("data.a.allow")
    for value in (1, "true", [True], {"x": 1}, None, False, [], {1}):
        assert not allow.allows(value)
    assert not allow.allows()
    assert allow.allows(True) and allow.allows(b"true")
    assert not Policy().query("x = 1").allows()


def test_result_sets_are_opas():
    query = Policy().query("x = input.xs[i]; x > 1")
    [result] = query.results({"xs": [1, 2]})
    assert result["bindings"] == {"i": 1, "x": 2}
    assert [expression["value"] for expression in result["expressions"]] == [True, True]
    assert result["expressions"][0]["text"] == "x = input.xs[i]"
    assert result["expressions"][1]["location"] == {"row": 1, "col": 18}
    assert query.results({"xs": []}) == []


def test_errors_have_codes_and_places():
    with pytest.raises(SolonError) as raised:
        Policy({"a.rego": "package a\n\np if { x }\nq if { y }", "b.rego": "package b\np if"})
    error = raised.value
    assert (error.code, error.file, error.row) == ("rego_parse_error", "b.rego", 2)
    with pytest.raises(SolonError) as raised:
        Policy({"a.rego": "package a\n\np if { x }\nq if { y }"})
    issues = raised.value.issues
    assert [(i.code, i.file, i.row, i.column) for i in issues] == [
        ("rego_unsafe_var_error", "a.rego", 3, 8),
        ("rego_unsafe_var_error", "a.rego", 4, 8),
    ]
    assert issues[0].line == "p if { x }" and "x is unsafe" in issues[0].message
    with pytest.raises(SolonError) as raised:
        Policy().query("data.a[")
    assert raised.value.file == ""
    again = pickle.loads(pickle.dumps(raised.value))
    assert str(again) == str(raised.value) and again.issues == raised.value.issues


def test_errors_of_an_evaluation():
    conflict = Policy("package a\nx := 1 if input.a\nx := 2 if input.b").query("data.a.x")
    with pytest.raises(SolonError) as raised:
        conflict.evaluate({"a": True, "b": True})
    assert raised.value.code == "eval_conflict_error" and raised.value.row == 3
    for ask in (conflict.allows, conflict.results):
        with pytest.raises(SolonError):
            ask({"a": True, "b": True})
    one, error, three = conflict.evaluate_many([{"a": True}, {"a": True, "b": True}, {}], errors="return")
    assert (one, error.code, three) == (1, "eval_conflict_error", None)
    with pytest.raises(SolonError):
        conflict.evaluate_many([{"a": True}, {"a": True, "b": True}])
    strict = Policy().query('to_number("x")', strict_builtin_errors=True)
    with pytest.raises(SolonError) as raised:
        strict.evaluate()
    assert raised.value.code == "eval_builtin_error"


def test_options_of_policies():
    with pytest.raises(SolonError, match="undefined function http.send"):
        Policy("package a\nx := http.send({})", deny=["http.send"])
    with pytest.raises(SolonError, match="undefined function count"):
        Policy("package a\nx := count([])", capabilities={"builtins": [], "features": ["rego_v1"]})
    with pytest.raises(SolonError, match="unused"):
        Policy("package a\np if x := 1", strict=True)
    old = "package a\np { input.x }"
    assert Policy(old).notes and Policy(old, syntax="v0").query("data.a.p").allows({"x": 1})
    with pytest.raises(SolonError):
        Policy(old, syntax="v1")
    for wrong in ({"syntax": "v2"}, {"capabilities": b"["}):
        with pytest.raises(ValueError):
            Policy("package a", **wrong)
    with pytest.raises(TypeError):
        Policy(7)
    with pytest.raises(TypeError, match="no JSON"):
        Policy(data={"x": {1}})
    with pytest.raises(SolonError):
        Policy(data=[1])


def test_options_of_queries():
    policy = Policy("package a.b\nf(x) := x + 1")
    assert policy.query("f(input.n)", package="a.b").evaluate({"n": 1}) == 2
    assert policy.query("g.f(1)", imports=["data.a.b as g"]).evaluate() == 2
    seen = []
    printed = Policy('package a\nx if print("hello", input)').query(
        "data.a.x", print=lambda place, message: seen.append((place, message))
    )
    assert printed.allows(7)
    assert seen == [("policy.rego:2", "hello 7")]


def test_annotations():
    policy = Policy("# METADATA\n# title: App\npackage app\n# METADATA\n# entrypoint: true\nallow if true")
    assert policy.entrypoints == ["data.app.allow"]
    assert [(a["path"], a["scope"], a["row"]) for a in policy.annotations] == [
        ("data.app", "package", 1),
        ("data.app.allow", "document", 4),
    ]
    assert policy.annotations[0]["fields"]["title"] == "App"


def test_data_change_without_compiling():
    policy = app()
    query = policy.query("data.app.allow")
    other = policy.with_data({"admins": ["bob"], "limit": 1})
    assert query.with_policy(other).allows({"user": "bob"})
    assert not query.allows({"user": "bob"})
    patched = policy.patch_data(["admins"], ["eve"])
    assert query.with_policy(patched).allows({"user": "eve"})
    assert patched.data == {"admins": ["eve"], "limit": 10}
    with pytest.raises(ValueError, match="other modules"):
        query.with_policy(Policy())
    with pytest.raises(SolonError):
        policy.with_data(b"[")


def test_limits():
    endless = Policy("package a\nx := count([1 | some _ in numbers.range(1, 3000); some _ in numbers.range(1, 30000)])")
    for limits in (Limits(timeout=0.05), Limits(instructions=10_000), Limits(memory=1 << 20)):
        query = endless.query("data.a.x", limits=limits)
        begin = time.monotonic()
        for _ in range(2):
            with pytest.raises(SolonError) as raised:
                query.evaluate()
            assert raised.value.code in ("eval_limit_error", "eval_cancel_error")
        with pytest.raises(SolonError):
            query.evaluate_many([1, 2])
        assert time.monotonic() - begin < 20
    quick = Policy("package a\nx := 1").query("data.a.x", limits=Limits(timeout=5))
    assert [quick.evaluate() for _ in range(3)] == [1, 1, 1]
    with pytest.raises(ValueError):
        endless.query("data.a.x", limits=Limits(timeout=-1))


def test_files_and_folders(tmp_path):
    (tmp_path / "app.rego").write_text(APP)
    (tmp_path / "data.json").write_text(json.dumps({"admins": ["ann"]}))
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "prices.yaml").write_text("tea: 3\n")
    (tmp_path / "shop" / "notes.json").write_text("[")
    policy = Policy.from_files(tmp_path, ignore=["notes.json"])
    assert policy.data == {"admins": ["ann"], "shop": {"tea": 3}}
    assert policy.query("data.app.allow").allows({"user": "ann"})
    assert [name.endswith("app.rego") for name in policy.modules] == [True]
    with pytest.raises(SolonError, match="notes.json"):
        Policy.from_files(tmp_path)
    with pytest.raises(SolonError, match="no such file"):
        Policy.from_files(tmp_path / "nothing")
    (tmp_path / "wrong.rego").write_text("package app\nx if y")
    with pytest.raises(SolonError) as raised:
        Policy.from_files(str(tmp_path / "wrong.rego"))
    assert raised.value.row == 2 and raised.value.file.endswith("wrong.rego")


def test_bundles(tmp_path):
    name = tmp_path / "bundle.tar.gz"
    with tarfile.open(name, "w:gz") as archive:
        files = {".manifest": '{"roots": ["app", "limit"]}', "app/app.rego": "package app\nx := data.limit", "data.json": '{"limit": 3}'}
        for path, text in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    policy = Policy.from_files(bundles=[name])
    assert policy.query("data.app.x").evaluate() == 3
    name.write_bytes(name.read_bytes()[:40])
    with pytest.raises(SolonError, match="bundle"):
        Policy.from_files(bundles=[name])


TEMPLATE = """
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8sreplicas}
spec:
  crd: {spec: {names: {kind: K8sReplicas}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package k8sreplicas
      violation[{"msg": msg}] {
        input.review.object.spec.replicas < input.parameters.min
        msg := sprintf("at least %d replicas", [input.parameters.min])
      }
"""


def test_templates_are_modules(tmp_path):
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    policy = Policy.from_files(tmp_path)
    [deployment] = solon.kubernetes.manifests("apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: 1}")
    review = deployment.input("gatekeeper", {"min": 3})
    for policy in (policy, pickle.loads(pickle.dumps(policy))):
        assert policy.query("data.k8sreplicas.violation").evaluate(review) == [{"msg": "at least 3 replicas"}]


def test_admission():
    constraint = """
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sReplicas
metadata: {name: three}
spec: {parameters: {min: 3}}
"""
    review = {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "7",
            "operation": "CREATE",
            "kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
            "object": {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 1}},
        },
    }
    admission = solon.kubernetes.Admission(templates=[TEMPLATE], constraints=[constraint])
    answer = admission.review(review)["response"]
    assert answer["allowed"] is False and "at least 3 replicas" in answer["status"]["message"]
    review["request"]["object"]["spec"]["replicas"] = 3
    assert admission.review(json.dumps(review).encode())["response"]["allowed"] is True
    for wrong in (b"", b"{}", {"request": object()}, [], None, {"request": {"uid": 1}}, float("nan")):
        assert admission.review(wrong)["response"]["allowed"] is False
    failing = Policy("package a\nallow := x if { x := 1 } else := 2\nallow := 3")
    refusing = solon.kubernetes.Admission([(failing, "data.a.allow", "object")])
    assert refusing.review(review)["response"]["allowed"] is False
    for wrong in ([1], [(1, 2)], [(failing, "data.a.allow", "shape")]):
        with pytest.raises((TypeError, ValueError)):
            solon.kubernetes.Admission(wrong)
    with pytest.raises(SolonError):
        solon.kubernetes.manifests("a: [")


def test_policies_and_queries_pickle():
    policy = app().patch_data(["admins"], ["eve"])
    query = policy.query("data.app.deny", sets=True, limits=Limits(timeout=1))
    policy, query = pickle.loads(pickle.dumps((policy, query)))
    assert policy.query("data.app.allow").allows({"user": "eve"})
    assert query.evaluate({"items": [{"name": "tea", "price": 11}]}) == {"tea is too dear"}
    assert query.text == "data.app.deny"


def test_threads():
    query = app().query("data.app.allow")
    wrong = []

    def work():
        for _ in range(2000):
            if not query.allows({"user": "ann"}) or query.allows({"user": "bob"}):
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_review_that_is_no_json_is_refused_with_the_reason():
    policy = Policy("package a\ndeny contains 1 if false")
    admission = solon.kubernetes.Admission([(policy, "data.a.deny")])
    for request, reason in (
        ({"uid": "7", "object": {1: 2}}, "review.request.object: a key is of type int, where JSON has strings"),
        ({"uid": "7", "object": {"x": {1, 2}}}, "review.request.object.x: a set is no JSON; a list is"),
        ({"uid": "7", "object": object()}, "review.request.object: object has no value in JSON or Rego"),
    ):
        response = admission.review({"request": request})["response"]
        assert not response["allowed"] and response["uid"] == "7"
        assert response["status"]["code"] == 400 and response["status"]["message"] == reason
    for review in (object(), {"request": object()}, {1: 2}, b"1"):
        response = admission.review(review)["response"]
        assert not response["allowed"] and response["uid"] == ""


def test_files_of_any_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = [b"a:b", b"file:", b"x y"] + ([b"x\xff"] if sys.platform.startswith("linux") else [])
    for name in map(os.fsdecode, names):
        folder = pathlib.Path(name)
        folder.mkdir()
        (folder / "q.rego").write_text("package b\nallow := true")
        for path in (folder, folder / "q.rego", name, os.path.join(name, "q.rego")):
            assert Policy.from_files(path).query("data.b.allow").allows()
    with pytest.raises(SolonError) as raised:
        Policy.from_files("nothing:here")
    assert str(raised.value) == "stat nothing:here: no such file or directory" and raised.value.code == ""


def test_what_is_denied_has_to_be_there():
    for name in ("nosuch.builtin", "time.now", ""):
        with pytest.raises(SolonError, match=f"there is no builtin {name}") as raised:
            Policy("package a\nx := 1", deny=["count", name])
        assert raised.value.code == "invalid_builtin"
    own = solon.builtin("own.f", "() -> any")(lambda: 1)
    with pytest.raises(SolonError, match="undefined function own.f"):
        Policy("package a\nx := own.f()", builtins=[own], deny=["own.f"])


def test_threads_with_little_stack_compile():
    said = []

    def work():
        for depth in (30, 120, 250, 300, 10_000):
            text = f"package a\np := {'[' * depth}{']' * depth}"
            try:
                policy = Policy(text)
                query = Policy.load(policy.save()).query(f"x := {'[' * depth}1{']' * depth}; data.a.p")
                said.append(query.policy.query("count(data.a.p)").evaluate() == 1)
            except SolonError as error:
                said.append(error.code)

    # The smallest that Python gives anywhere.
    before = threading.stack_size(256 << 10)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert said == [True, True, True, "rego_parse_error", "rego_parse_error"]


def test_a_long_evaluation_lets_other_threads_run():
    query = Policy("package a\nx := count([1 | some _ in numbers.range(1, 1000); some _ in numbers.range(1, 3000)])").query("data.a.x")
    ticks = []
    stop = threading.Event()

    def tick():
        while not stop.is_set():
            ticks.append(1)
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    before = len(ticks)
    assert query.evaluate() == 3_000_000
    during = len(ticks) - before
    stop.set()
    thread.join()
    assert during >= 3


def test_evaluate_many_takes_any_iterable():
    query = Policy("package a\nx := input + 1").query("data.a.x")
    assert query.evaluate_many(range(5000)) == list(range(1, 5001))
    assert query.evaluate_many(iter([b"1", 2, ...]), threads=3) == [2, 3, None]
    assert query.evaluate_many([]) == []

    def broken():
        yield 1
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        query.evaluate_many(broken())
    with pytest.raises(TypeError):
        query.evaluate_many(7)
    with pytest.raises(ValueError):
        query.evaluate_many([1], errors="ignore")


@pytest.mark.parametrize("threads", [None, 1, 2, 5])
def test_the_first_error_of_many_is_raised(threads):
    query = Policy("package a\nx := y if { some y in input; to_number(y) }").query("data.a.x", strict_builtin_errors=True)

    def broken():
        yield from ([["1"]] * 1000 + [["a"]] + [["1"]] * 1000 + [["b"]])
        raise KeyError("mine")

    with pytest.raises(SolonError, match='parsing "a"'):
        query.evaluate_many(broken(), threads=threads)
    outcomes = query.evaluate_many(itertools.islice(broken(), 2002), threads=threads, errors="return")
    assert [n for n, outcome in enumerate(outcomes) if outcome != "1"] == [1000, 2001]


def test_many_after_a_slow_one_and_from_many_threads():
    query = Policy("package a\nx := count(numbers.range(1, input))").query("data.a.x")
    inputs = [300_000, *[n % 50 + 1 for n in range(5_000)]]

    def ask():
        return query.evaluate_many(inputs, threads=3)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert all(one.result() == inputs for one in [pool.submit(ask) for _ in range(8)])


FORK = """
import os, solon
query = solon.Policy("package a\\nx := input + 1").query("data.a.x")
ask = lambda: query.evaluate_many(range(20_000), threads=3) == list(range(1, 20_001))
assert ask()
child = os.fork()
if not child:
    os._exit(7 if ask() and ask() else 1)
assert ask()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_many_in_a_forked_process():
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, timeout=60)
    assert done.stdout == "7\n", done.stderr


def test_nothing_is_kept_of_what_was_asked():
    class Text(str):
        pass

    query = app().query("data.app.allow")
    text = Text("ann")
    import weakref

    seen = weakref.ref(text)
    query.allows({"user": text})
    query.evaluate_many([{"user": text}] * 10)
    del text
    gc.collect()
    assert seen() is None


def test_saved_policies():
    policy = app()
    saved = policy.save()
    again = Policy.load(saved)
    assert again.modules == ["app.rego"] and again.data == policy.data
    assert again.query("data.app.allow").allows({"user": "ann"})
    for wrong in (b"", saved[:-1], saved[:50], b"\0" * 100, saved.replace(b"admins", b"nobody")):
        with pytest.raises(SolonError) as raised:
            Policy.load(wrong)
        assert raised.value.code == "invalid_compiled_policy"
