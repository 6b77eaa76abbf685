package k8suniqueingresshost_test

import rego.v1

import data.k8suniqueingresshost.violation

ingress(namespace, name, hosts) := {
	"apiVersion": "networking.k8s.io/v1",
	"metadata": {"namespace": namespace, "name": name},
	"spec": {"rules": [{"host": host} | some host in hosts]},
}

request(object) := {"review": {"kind": {"kind": "Ingress", "group": "networking.k8s.io"}, "object": object}}

inventory := {"namespace": {"ns": {"networking.k8s.io/v1": {"Ingress": {
	"one": ingress("ns", "one", ["a.example", "b.example"]),
	"two": ingress("ns", "two", ["c.example"]),
}}}}}

test_free_host if {
	count(violation) == 0 with input as request(ingress("ns", "three", ["d.example"])) with data.inventory as inventory
}

test_taken_hosts if {
	messages := {found.msg | some found in violation} with input as request(ingress("other", "one", ["a.example", "c.example", "d.example"]))
		with data.inventory as inventory
	messages == {
		"ingress host conflicts with an existing ingress <a.example>",
		"ingress host conflicts with an existing ingress <c.example>",
	}
}

test_its_own_host if {
	count(violation) == 0 with input as request(ingress("ns", "one", ["a.example"])) with data.inventory as inventory
}

test_empty_inventory if {
	count(violation) == 0 with input as request(ingress("ns", "one", ["a.example"])) with data.inventory as {}
}
