package k8sallowedrepos_test

import rego.v1

import data.k8sallowedrepos.violation

pod(field, image) := {"review": {"object": {"spec": {field: [{"name": "c", "image": image}]}}}, "parameters": {"repos": ["good/", "also.example/x"]}}

test_allowed[image] if {
	some image in ["good/app:1", "also.example/xy"]
	count(violation) == 0 with input as pod("containers", image)
}

test_refused[field] if {
	some field, name in {"containers": "container", "initContainers": "initContainer", "ephemeralContainers": "ephemeralContainer"}
	message := sprintf("%s <c> has an invalid image repo <bad/app>, allowed repos are [\"good/\", \"also.example/x\"]", [name])
	violation == {{"msg": message}} with input as pod(field, "bad/app")
}

test_no_containers if count(violation) == 0 with input as {"review": {"object": {"spec": {}}}, "parameters": {"repos": []}}

test_without_repositories_nothing_is_allowed if {
	count(violation) == 1 with input as {"review": {"object": {"spec": {"containers": [{"name": "a", "image": "good/app"}]}}}, "parameters": {"repos": []}}
}
