package k8simagedigests_test

import rego.v1

import data.k8simagedigests.violation

pod(field, image) := {"review": {"object": {"spec": {field: [{"name": "c", "image": image}]}}}, "parameters": {"exemptImages": ["exempt/*", "exact:1"]}}

test_image[field][image] if {
	some field in ["containers", "initContainers", "ephemeralContainers"]
	some image, count_of in {
		"a@sha256:04ff8fce2afd1a3bc26260348e5b290e8d945b1fad4b4c16d22834c2f3a1814a": 0,
		"a:1": 1,
		"a": 1,
		"exempt/x:1": 0,
		"exact:1": 0,
		"exact:12": 1,
	}
	count(violation) == count_of with input as pod(field, image)
}

test_message if {
	violation == {{"msg": "initContainer <c> uses an image without a digest <a>"}} with input as pod("initContainers", "a")
}
