"""Times the package: `python crates/py/benchmarks/measure.py`, with the package built with optimizations.

One line of JSON a figure. Each is the best of several rounds, since other work on a machine only ever adds time. Where
`regopy`, `hobofan-regorus` or, with the program `opa`, `opa-py-wasm` is installed, it is asked the same.
"""

from __future__ import annotations

import json
import pathlib
import resource
import subprocess
import tarfile
import tempfile
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

REQUEST = {"method": "GET", "path": ["accounts", "ann"], "user": {"id": "ann", "roles": ["reader"]}}


def pod(number: int, containers: int = 8) -> dict[str, Any]:
    def container(index: int) -> dict[str, Any]:
        env = [{"name": f"VARIABLE_{n}", "value": f"value {n}"} for n in range(10)]
        image = f"registry.example.com/team/app-{index}:1.{number}"
        return {"name": f"c{index}", "image": image, "env": env, "resources": {"limits": {"cpu": "100m"}}}

    return {"kind": "Pod", "metadata": {"name": f"pod-{number}"}, "spec": {"containers": [container(n) for n in range(containers)]}}


def best(work: Callable[[], object], rounds: int = 7) -> float:
    """Seconds of the fastest round."""
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
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


def many() -> None:
    """1,000 inputs: one after the other, and by `evaluate_many`."""
    deny = solon.Policy(PODS).query("data.pods.deny")
    objects = [pod(n) for n in range(1_000)]
    for name, inputs in ("bytes", [json.dumps(one).encode() for one in objects]), ("objects", objects):
        ratios = []
        for _ in range(5):
            one = best(lambda: [deny.evaluate(value) for value in inputs], 3)
            two = best(lambda: deny.evaluate_many(inputs, threads=2), 3)
            ratios.append((one / two, one, two))
        ratio, one, two = max(ratios)
        report(f"1,000 pods as {name}", one_by_one_ms=one * 1e3, two_threads_ms=two * 1e3, ratio=ratio)


def memory() -> None:
    """Peak memory before and after a million calls of every kind."""
    fail = solon.builtin("own.f", "(x: any) -> y: any")(lambda x: x if x else 1 / 0)
    allow = solon.Policy(SMALL).query("data.app.allow")
    own = solon.Policy("package a\nx := own.f(input)", builtins=[fail]).query("data.a.x")

    def round_of(count: int) -> None:
        for number in range(count):
            allow.evaluate(REQUEST)
            allow.results({"user": {"roles": [str(number), "admin"]}})
            own.evaluate({"n": number})
            try:
                own.evaluate(0)
            except solon.SolonError:
                pass
        allow.evaluate_many([REQUEST] * count)

    round_of(20_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(10):
        round_of(20_000)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report("a million calls", peak_kib_before=before, peak_kib_after=after, growth_kib=after - before)


if __name__ == "__main__":
    calls()
    many()
    memory()
