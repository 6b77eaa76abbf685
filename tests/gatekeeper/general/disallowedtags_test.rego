package k8sdisallowedtags_test

import rego.v1

import data.k8sdisallowedtags.violation

pod(image) := {"review": {"object": {"spec": {"containers": [{"name": "c", "image": image}]}}}, "parameters": {"tags": ["latest", "dev"], "exemptImages": ["mine/*"]}}

test_image[image] if {
	some image, count_of in {
		"a/b:1": 0,
		"a/b:latest": 1,
		"a/b:dev": 1,
		"a/b": 1,
		"registry:5000/b": 1,
		"registry:5000/b:2": 0,
		"mine/b:latest": 0,
	}
	count(violation) == count_of with input as pod(image)
}

test_untagged_message if {
	violation == {{"msg": "container <c> didn't specify an image tag <a/b>"}} with input as pod("a/b")
}
