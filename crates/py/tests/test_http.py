"""`http.send`: nothing by default, and the hosts that a query allows."""

import pickle
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from solon import Limits, Policy, SolonError

MODULE = """package a

status := http.send(request).body.status

request := {"method": "GET", "url": input.url, "timeout": "5s", "enable_redirect": true}

failed := http.send(object.union(request, {"raise_error": false, "timeout": input.timeout})).error.message

cached := http.send(object.union(request, {"force_cache": true, "force_cache_duration_seconds": 60})).body.count
"""


class Server(BaseHTTPRequestHandler):
    count = 0

    def do_GET(self):
        Server.count += 1
        if self.path == "/slow":
            time.sleep(0.5)
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"status": "well", "count": %d}' % Server.count)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def url():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_nothing_is_asked_by_default(url):
    before = Server.count
    with pytest.raises(SolonError) as raised:
        Policy(MODULE).query("data.a.status").evaluate({"url": url})
    assert "http.send" in str(raised.value) and Server.count == before


def test_allowed_hosts_are_asked(url):
    query = Policy(MODULE).query("data.a.status", allow_hosts=["127.0.0.1"])
    assert query.evaluate({"url": url}) == "well"
    assert pickle.loads(pickle.dumps(query)).evaluate({"url": url}) == "well"
    assert query.explain({"url": url}).value == "well"
    assert query.evaluate_many([{"url": url}] * 8, threads=4) == ["well"] * 8
    both = Policy(MODULE).query_set(["data.a.status", "data.a.failed"], allow_hosts=["127.0.0.1"])
    assert both.evaluate({"url": url, "timeout": "1s"}) == ["well", None]


def test_other_hosts_are_not(url):
    before = Server.count
    query = Policy(MODULE).query("data.a.failed", allow_hosts=["127.0.0.1"])

    def failed(other):
        return query.evaluate({"url": other, "timeout": "1s"})

    assert "disallowed host: localhost" in failed(url.replace("127.0.0.1", "localhost"))
    assert "disallowed host: localhost" in failed(url.replace("127.0.0.1", "127.0.0.1@localhost"))
    assert "disallowed protocol scheme" in failed("unix://127.0.0.1/?socket=/run/docker.sock")
    assert Server.count == before
    assert "disallowed host: localhost" in failed(url + "/away")
    module = "package a\nx := http.send({\"method\": \"GET\", \"url\": input, \"tls_ca_cert_file\": \"/etc/passwd\", \"raise_error\": false})"
    refused = Policy(module).query("data.a.x.error.message", allow_hosts=["127.0.0.1"]).evaluate(url)
    assert "certificates from files and variables are not allowed" in refused


def test_responses_are_kept(url):
    query = Policy(MODULE).query("data.a.cached", allow_hosts=["127.0.0.1"])
    assert query.evaluate({"url": url}) == query.evaluate({"url": url})


def test_other_threads_run_meanwhile_and_time_is_limited(url):
    query = Policy(MODULE).query("data.a.status", allow_hosts=["127.0.0.1"])
    ticks = []
    thread = threading.Thread(target=lambda: [ticks.append(time.sleep(0.01)) for _ in range(10)])
    thread.start()
    assert query.evaluate({"url": url + "/slow"}) == "well"
    assert len(ticks) == 10
    thread.join()
    limited = Policy(MODULE).query("data.a.status", allow_hosts=["127.0.0.1"], limits=Limits(timeout=0.1))
    begin = time.monotonic()
    with pytest.raises(SolonError) as raised:
        limited.evaluate({"url": url + "/slow"})
    assert raised.value.code == "eval_limit_error"
    assert time.monotonic() - begin < 0.45
