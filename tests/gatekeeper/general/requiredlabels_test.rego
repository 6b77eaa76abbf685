package k8srequiredlabels_test

import rego.v1

import data.k8srequiredlabels.violation

request(labels, parameters) := {"review": {"object": {"metadata": {"labels": labels}}}, "parameters": parameters}

owner := {"labels": [{"key": "owner", "allowedRegex": "^[a-z]+$"}]}

test_present if count(violation) == 0 with input as request({"owner": "me", "x": "1"}, owner)

test_missing[name] if {
	some name, labels in {"none": {}, "others": {"app": "x"}}
	violation == {{"msg": "you must provide labels: {\"owner\"}", "details": {"missing_labels": {"owner"}}}} with input as request(labels, owner)
}

test_wrong_value if {
	violation == {{"msg": "Label <owner: Me2> does not satisfy allowed regex: ^[a-z]+$"}} with input as request({"owner": "Me2"}, owner)
}

test_any_value_without_an_expression if {
	count(violation) == 0 with input as request({"owner": "Me2"}, {"labels": [{"key": "owner"}]})
}

test_own_message if {
	some found in violation with input as request({}, object.union(owner, {"message": "label it"}))
	found.msg == "label it"
}
