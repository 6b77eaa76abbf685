package k8sblocknodeport_test

import rego.v1

import data.k8sblocknodeport.violation

service(type) := {"review": {"kind": {"kind": "Service"}, "object": {"spec": {"type": type}}}}

test_node_port if {
	violation == {{"msg": "User is not allowed to create service of type NodePort"}} with input as service("NodePort")
}

test_others[type] if {
	some type in ["ClusterIP", "LoadBalancer", "nodeport"]
	count(violation) == 0 with input as service(type)
}

test_other_kind if {
	count(violation) == 0 with input as json.patch(service("NodePort"), [{"op": "replace", "path": "/review/kind/kind", "value": "Other"}])
}

test_no_input if count(violation) == 0
