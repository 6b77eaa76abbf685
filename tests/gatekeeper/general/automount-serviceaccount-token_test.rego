package k8sautomountserviceaccounttoken_test

import rego.v1

import data.k8sautomountserviceaccounttoken.violation

pod(spec) := {"review": {"operation": "CREATE", "object": {"metadata": {"name": "p"}, "spec": spec}}}

mounting(field) := {field: [{"name": "c", "volumeMounts": [{"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}]}]}

test_refused[note] if {
	some note, spec in {
		"asked for": {"automountServiceAccountToken": true},
		"mounted": mounting("containers"),
		"mounted by an init container": mounting("initContainers"),
	}
	violation == {{"msg": "Automounting service account token is disallowed, pod: p"}} with input as pod(spec)
}

test_allowed[note] if {
	some note, spec in {
		"refused": object.union(mounting("containers"), {"automountServiceAccountToken": false}),
		"nothing said": {"containers": [{"name": "c"}]},
	}
	count(violation) == 0 with input as pod(spec)
}

test_update if {
	request := json.patch(pod({"automountServiceAccountToken": true}), [{"op": "replace", "path": "/review/operation", "value": "UPDATE"}])
	count(violation) == 0 with input as request
}
