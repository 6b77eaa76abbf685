package k8spspprivileged_test

import rego.v1

import data.k8spspprivileged.violation

pod(containers) := {
	"review": {"operation": "CREATE", "object": {"spec": {"containers": containers}}},
	"parameters": {"exemptImages": ["trusted*"]},
}

container(name, image, context) := {"name": name, "image": image, "securityContext": context}

test_privileged if {
	found := violation with input as pod([container("a", "x", {"privileged": true}), container("b", "x", {"privileged": false})])
	found == {{"msg": "Privileged container is not allowed: a, securityContext: {\"privileged\": true}", "details": {}}}
}

test_allowed[note] if {
	some note, containers in {
		"no context": [{"name": "a", "image": "x"}],
		"not privileged": [container("a", "x", {"privileged": false})],
		"exempt": [container("a", "trusted/x", {"privileged": true})],
		"none": [],
	}
	count(violation) == 0 with input as pod(containers)
}

test_without_parameters if {
	count(violation) == 1 with input as json.remove(pod([container("a", "trusted/x", {"privileged": true})]), ["parameters"])
}
