package k8spsphostnamespace_test

import rego.v1

import data.k8spsphostnamespace.violation

pod(spec) := {"review": {"operation": "CREATE", "object": {"metadata": {"name": "p"}, "spec": spec}}}

test_spec[note] if {
	some note, case in {
		"host processes": {"spec": {"hostPID": true}, "count": 1},
		"host communication": {"spec": {"hostIPC": true}, "count": 1},
		"both": {"spec": {"hostPID": true, "hostIPC": true}, "count": 1},
		"neither": {"spec": {"hostPID": false}, "count": 0},
		"nothing": {"spec": {}, "count": 0},
	}
	count(violation) == case.count with input as pod(case.spec)
}

test_update if {
	request := json.patch(pod({"hostPID": true}), [{"op": "replace", "path": "/review/operation", "value": "UPDATE"}])
	count(violation) == 0 with input as request
}
