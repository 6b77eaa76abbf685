"""Times the package: `python crates/py/benchmarks/measure.py [FOLDER..]`, with the package built with optimizations.
Folders are cases such as those of `benches/cases`, of which then only `evaluate_many` is timed.

One line of JSON a figure. Each is the best of several rounds, since other work on a machine only ever adds time. Where
`regopy`, `hobofan-regorus` or, with the program `opa`, `opa-py-wasm` is installed, it is asked the same.
"""

from __future__ import annotations

import json
import pathlib
import resource
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from typing import Any, Callable

import solon

SMALL = """
package app

default allow := false

allow if {
    input.method == "GET"
    input.path[0] == "accounts"
    input.user.id == input.path[1]
}

allow if input.user.roles[_] == "admin"
"""

PODS = """
package pods

deny contains msg if {
    some container in input.spec.containers
    not container.resources.limits.cpu
    msg := sprintf("container %s has no cpu limit", [container.name])
}

deny contains msg if {
    some container in input.spec.containers
    not startswith(container.image, "registry.example.com/")
    msg := sprintf("container %s has an image of %s", [container.name, container.image])
}

deny contains msg if {
    some container in input.spec.containers
    some variable in container.env
    regex.match(`(?i)(password|secret|token)`, variable.name)
    variable.value
    msg := sprintf("container %s sets %s", [container.name, variable.name])
}
"""

# What is asked before something is released: the PCI DSS policies, and whether a value looks like a token of a service.
RELEASE = """
package release

deny contains finding.msg if some finding in data.pci_dss.deny

deny contains msg if {
    some container in input.spec.template.spec.containers
    some variable in container.env
    some token in data.tokens
    regex.match(token, variable.value)
    msg := sprintf("container %s sets %s to a token", [container.name, variable.name])
}
"""

# How tokens begin, and how many characters follow.
TOKENS = """
AIza 35, AKIA 16, ASIA 16, EAAC 60, SG[.] 66, dapi 32, dop_v1_ 64, figd_ 40, ghp_ 36, gho_ 36, ghu_ 36, ghs_ 36, ghr_ 36,
github_pat_ 82, gldt- 20, glpat- 20, glrt- 20, hvb[.] 90, hvs[.] 90, key- 32, lin_api_ 40, nfp_ 36, npm_ 36, pk_live_ 24,
pscale_pw_ 43, pypi- 85, rk_live_ 24, rubygems_ 48, sk_live_ 24, sk_test_ 24, sntrys_ 80, shpat_ 32, shpss_ 32, sq0atp- 22,
sq0csp- 43, xapp- 40, xoxa- 40, xoxb- 40, xoxp- 40, ya29[.] 40
"""

ROOT = pathlib.Path(__file__).parents[3]

REQUEST = {"method": "GET", "path": ["accounts", "ann"], "user": {"id": "ann", "roles": ["reader"]}}


def pod(number: int, containers: int = 8) -> dict[str, Any]:
    def container(index: int) -> dict[str, Any]:
        env = [{"name": f"VARIABLE_{n}", "value": f"value {n}"} for n in range(10)]
        image = f"registry.example.com/team/app-{index}:1.{number}"
        return {"name": f"c{index}", "image": image, "env": env, "resources": {"limits": {"cpu": "100m"}}}

    return {"kind": "Pod", "metadata": {"name": f"pod-{number}"}, "spec": {"containers": [container(n) for n in range(containers)]}}


def best(work: Callable[[], object], rounds: int = 7, clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds of the fastest round."""
    times = []
    for _ in range(rounds):
        begin = clock()
        work()
        times.append(clock() - begin)
    return min(times)


def report(name: str, **figures: float) -> None:
    print(json.dumps({"name": name} | {key: round(value, 3) for key, value in figures.items()}), flush=True)


def calls() -> None:
    """Time of a call, and what of it is spent on the call itself: a query that reads and computes nothing."""
    count = 100_000

    def each(ask: Callable[[Any], object], value: Any) -> float:
        def work() -> None:
            for _ in range(count):
                ask(value)

        return best(work) / count * 1e6

    nothing = solon.Policy("package a\nx := 1").query("data.a.x")
    report("a query that reads nothing", microseconds=each(nothing.evaluate, REQUEST))
    allow = solon.Policy(SMALL).query("data.app.allow")
    text = json.dumps(REQUEST).encode()
    report("a small request, as objects", microseconds=each(allow.evaluate, REQUEST))
    report("a small request, allows()", microseconds=each(allow.allows, REQUEST))
    report("a small request, as bytes", microseconds=each(allow.evaluate, text))
    deny = solon.Policy(PODS).query("data.pods.deny")
    count = 2_000
    report("a pod of 8 containers, as objects", microseconds=each(deny.evaluate, pod(1)))
    report("a pod of 8 containers, as bytes", microseconds=each(deny.evaluate, json.dumps(pod(1)).encode()))
    others(SMALL, REQUEST)


def others(module: str, request: Any) -> None:
    """The same by what else there is for Python; what is not installed is passed over."""
    for name, prepare in ("regopy", by_regopy), ("hobofan-regorus", by_regorus), ("opa-py-wasm", by_opa_wasm):
        try:
            ask = prepare(module.replace("package app", "package app\n\nimport rego.v1"))
        except (ImportError, FileNotFoundError):
            continue
        assert ask(request)

        def work() -> None:
            for _ in range(200):
                ask(request)

        report(f"the same by {name}", microseconds=best(work, 5) / 200 * 1e6)


def by_regopy(module: str) -> Callable[[Any], object]:
    from regopy import Input, Interpreter

    interpreter = Interpreter()
    interpreter.add_module("app", module)

    def ask(request: Any) -> object:
        interpreter.set_input(Input(request))
        return interpreter.query("data.app.allow")

    return ask


def by_regorus(module: str) -> Callable[[Any], object]:
    from hobofan_regorus import Engine

    engine = Engine()
    engine.add_policy("app.rego", module)

    def ask(request: Any) -> object:
        engine.set_input(request)
        return engine.eval_rule("data.app.allow")

    return ask


def by_opa_wasm(module: str) -> Callable[[Any], object]:
    """OPA's own compiler to WebAssembly, run by wasmtime: it needs the program `opa`."""
    from opapywasm import OpaWasmPolicy, PolicyConfig

    with tempfile.TemporaryDirectory() as folder:
        source, bundle = pathlib.Path(folder, "app.rego"), pathlib.Path(folder, "bundle.tar.gz")
        source.write_text(module)
        build = ["opa", "build", "--target", "wasm", "--entrypoint", "app/allow", "--output", bundle, source]
        subprocess.run(build, check=True)
        with tarfile.open(bundle) as files:
            code = files.extractfile("/policy.wasm")
            assert code is not None
            pathlib.Path(folder, "policy.wasm").write_bytes(code.read())
        config = PolicyConfig(default_entrypoint="app/allow")
        return OpaWasmPolicy.from_wasm_file(str(pathlib.Path(folder, "policy.wasm")), config=config).evaluate


def pci_manifest(number: int) -> dict[str, Any]:
    """A deployment as people write them, with something for every check of the PCI DSS policies to look at."""

    def container(index: int) -> dict[str, Any]:
        resources = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "256Mi"}}
        security = {"runAsNonRoot": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 10, "failureThreshold": 3}
        return {
            "name": f"c{index}",
            "image": f"registry.example.com/team/app-{index}:1.{number}",
            "args": ["--listen=:8080", "--verbose"],
            "env": [{"name": f"VARIABLE_{n}", "value": f"value {n}"} for n in range(6)],
            "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
            "resources": resources,
            "securityContext": security,
            "livenessProbe": probe,
            "readinessProbe": probe,
            "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        }

    labels = {"app": f"app-{number}", "team": "payments", "tier": "backend"}
    pod = {"securityContext": {"runAsUser": 1000}, "containers": [container(n) for n in range(3)], "volumes": [{"name": "data"}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"app-{number}", "namespace": "payments", "labels": labels, "uid": f"{number:036}"},
        "spec": {"replicas": 3, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}},
        "status": {"conditions": [{"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"}] * 2},
    }


def release() -> solon.Query:
    """The PCI DSS policies and a search for tokens: it takes several times as long to evaluate as to read an object for it."""
    modules = {str(file): file.read_text() for file in sorted((ROOT / "policies").rglob("*.rego"))}
    tokens = [f"{begin}[A-Za-z0-9_-]{{{count}}}" for begin, count in map(str.split, TOKENS.split(","))]
    return solon.Policy(modules | {"release.rego": RELEASE}, data={"tokens": tokens}).query("data.release.deny")


def bench_case(folder: pathlib.Path) -> tuple[solon.Query, list[Any]]:
    """A query and its inputs of a folder as `benches/cases` has them."""
    case = json.loads((folder / "case.json").read_text())
    data = json.loads((folder / case["data"]).read_text()) if case["data"] else None
    sources = {name: (folder / name).read_text() for name in case["modules"]}
    policy = solon.Policy(sources, data=data, syntax=case["rego"])
    inputs = json.loads((folder / case["inputs"]).read_text())
    return policy.query(case["query"]), inputs


def many(folders: list[pathlib.Path]) -> None:
    """1,000 inputs and more: one after the other, and by `evaluate_many`."""
    compare("pods", solon.Policy(PODS).query("data.pods.deny"), [pod(n) for n in range(1_000)])
    compare("small requests", solon.Policy(SMALL).query("data.app.allow"), [REQUEST | {"n": n} for n in range(20_000)])
    pci = solon.Policy.from_files(ROOT / "policies").query("data.pci_dss.deny")
    compare("PCI DSS on deployments", pci, [pci_manifest(n) for n in range(1_000)])
    compare("PCI DSS and tokens on deployments", release(), [pci_manifest(n) for n in range(1_000)])
    for folder in folders or sorted((ROOT / "benches" / "cases").iterdir()):
        query, inputs = bench_case(folder)
        # As many objects as there are inputs, as if they came from somewhere.
        count = 2_000
        texts = [json.dumps(inputs[n % len(inputs)]) for n in range(count)]
        compare(folder.name, query, [json.loads(text) for text in texts])


def compare(name: str, query: solon.Query, objects: list[Any]) -> None:
    """Microseconds an input, of the clock and of the processors: `caller` is the time of the thread that asks, if there are
    so many others that it evaluates next to nothing, but makes values of objects and objects of answers: what needs the
    interpreter's lock. `all` is that of all threads, two of them. `bound` is the ratio that two processors could reach
    that have nothing else to do, were nothing ever waited for: it is what to look at on a machine that is busy."""
    count = len(objects)
    for kind, inputs in ("bytes", [json.dumps(one).encode() for one in objects]), ("objects", objects):

        def each() -> None:
            for value in inputs:
                query.evaluate(value)

        def many() -> None:
            query.evaluate_many(inputs)

        def given_away() -> None:
            query.evaluate_many(inputs, threads=9)

        # One after the other, so that both have the same quiet times.
        rounds = [(best(each, 1), best(many, 1)) for _ in range(12)]
        one, two = (min(times) for times in zip(*rounds))
        alone, caller, all_threads = (
            best(each, 5, time.thread_time),
            best(given_away, 5, time.thread_time),
            best(many, 5, time.process_time),
        )
        figures = {"one_by_one": one, "many": two, "alone": alone, "caller": caller, "all": all_threads}
        bound = alone / max(caller, all_threads / 2)
        report(
            f"{name} as {kind}",
            **{key: value / count * 1e6 for key, value in figures.items()},
            ratio=one / two,
            bound=bound,
        )


def resident() -> int:
    """KiB of memory that this process has now, or, where that is not said, ever had."""
    try:
        pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return pages * resource.getpagesize() // 1024


def memory(count: int = 1_000_000) -> None:
    """KiB by which the process grows in the first and the second half of a million calls of each kind. What is kept from
    call to call is there after the first half: what leaks shows in the second."""
    fail = solon.builtin("own.f", "(x: any) -> y: any")(lambda x: x if x else 1 / 0)
    allow = solon.Policy(SMALL).query("data.app.allow")
    own = solon.Policy("package a\nx := own.f(input)", builtins=[fail]).query("data.a.x")
    text = json.dumps(REQUEST).encode()
    # As many inputs as a call of `evaluate_many` gets.
    batch = 10_000

    def objects(count: int) -> None:
        for number in range(count):
            allow.evaluate(REQUEST | {"user": {"id": str(number), f"key {number}": number}})

    def json_text(count: int) -> None:
        for _ in range(count):
            allow.evaluate(text)

    def results(count: int) -> None:
        for number in range(count):
            allow.results({"user": {"roles": [str(number), "admin"]}})

    def callables(count: int) -> None:
        for number in range(count):
            own.evaluate({"n": number})

    def errors(count: int) -> None:
        for number in range(count):
            try:
                own.evaluate(0) if number % 2 else allow.evaluate(b"{")
            except solon.SolonError:
                pass

    def many_objects(count: int) -> None:
        for _ in range(0, count, batch):
            allow.evaluate_many([REQUEST | {"n": n, "user": {"id": str(n)}} for n in range(batch)], threads=2)

    def many_texts(count: int) -> None:
        for _ in range(0, count, batch):
            allow.evaluate_many([text] * batch, threads=2)

    def many_errors(count: int) -> None:
        for _ in range(0, count, batch):
            own.evaluate_many([0, b"{"] * (batch // 2), errors="return", threads=2)

    def patches(count: int) -> None:
        patched = solon.Policy("package a\nx := data.n", data={"n": 0})
        for number in range(count):
            patched = patched.patch_data(["n"], number)

    def threads(count: int) -> None:
        kinds = objects, json_text, results, callables, many_objects, many_texts
        running = [threading.Thread(target=kind, args=(count // len(kinds),)) for kind in kinds]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()

    kinds = objects, json_text, results, callables, errors, many_objects, many_texts, many_errors, patches, threads
    for calls in kinds:
        calls(count // 50)
        sizes = [resident()]
        for _ in range(2):
            calls(count // 2)
            sizes.append(resident())
        first, second = (after - before for before, after in zip(sizes, sizes[1:]))
        report(f"memory, {calls.__name__}", kib=sizes[0], first_half=first, second_half=second)


if __name__ == "__main__":
    folders = [pathlib.Path(name) for name in sys.argv[1:]]
    if not folders:
        calls()
    many(folders)
    if not folders:
        memory()
