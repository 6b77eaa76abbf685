package k8sreplicalimits_test

import rego.v1

import data.k8sreplicalimits.violation

deployment(replicas) := {
	"review": {"kind": {"kind": "Deployment"}, "object": {"metadata": {"name": "d"}, "spec": {"replicas": replicas}}},
	"parameters": {"ranges": [{"min_replicas": 1, "max_replicas": 3}, {"min_replicas": 10, "max_replicas": 10}]},
}

test_allowed[replicas] if {
	some replicas in [1, 2, 3, 10]
	count(violation) == 0 with input as deployment(replicas)
}

test_refused[replicas] if {
	some replicas in [0, 4, 9, 11, -1]
	count(violation) == 1 with input as deployment(replicas)
}

test_message if {
	request := json.patch(deployment(5), [{"op": "replace", "path": "/parameters", "value": {"ranges": []}}])
	violation == {{"msg": "The provided number of replicas is not allowed for Deployment: d. Allowed ranges: {\"ranges\": []}"}} with input as request
}

test_no_replicas if {
	count(violation) == 1 with input as json.remove(deployment(1), ["review/object/spec/replicas"])
}
