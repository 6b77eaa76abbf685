package k8shttpsonly_test

import rego.v1

import data.k8shttpsonly.violation

ingress(version, spec, annotations) := {"review": {"object": {
	"kind": "Ingress",
	"apiVersion": version,
	"metadata": {"name": "i", "annotations": annotations},
	"spec": spec,
}}}

refusing := {"kubernetes.io/ingress.allow-http": "false"}

optional(request) := object.union(request, {"parameters": {"tlsOptional": true}})

test_complete if count(violation) == 0 with input as ingress("networking.k8s.io/v1", {"tls": [{}]}, refusing)

test_incomplete[note] if {
	some note, request in {
		"no tls": ingress("networking.k8s.io/v1", {}, refusing),
		"empty tls": ingress("networking.k8s.io/v1", {"tls": []}, refusing),
		"no annotation": ingress("extensions/v1beta1", {"tls": [{}]}, {}),
	}
	some found in violation with input as request
	startswith(found.msg, "Ingress should be https. tls configuration")
}

test_optional_tls[note] if {
	some note, case in {
		"with the annotation": {"request": ingress("networking.k8s.io/v1", {}, refusing), "count": 0},
		"without it": {"request": ingress("networking.k8s.io/v1", {"tls": [{}]}, {}), "count": 1},
	}
	count(violation) == case.count with input as optional(case.request)
}

test_other_group if count(violation) == 0 with input as ingress("example.com/v1", {}, {})
