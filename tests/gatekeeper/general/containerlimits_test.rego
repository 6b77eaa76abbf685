package k8scontainerlimits_test

import rego.v1

import data.k8scontainerlimits
import data.k8scontainerlimits.violation

pod(limits, parameters) := {
	"review": {"object": {"spec": {"containers": [{"name": "c", "image": "img:1", "resources": {"limits": limits}}]}}},
	"parameters": parameters,
}

most := {"cpu": "200m", "memory": "1Gi"}

test_within[note] if {
	some note, limits in {
		"millicores": {"cpu": "100m", "memory": "1Gi"},
		"cores as text": {"cpu": "0.2", "memory": "1Mi"},
		"cores as a number": {"cpu": 0.1, "memory": 1024},
		"decimal units": {"cpu": "1m", "memory": "1G"},
	}
	count(violation) == 0 with input as pod(limits, most)
}

test_beyond[note] if {
	some note, limits in {
		"cpu": {"cpu": "300m", "memory": "1Mi"},
		"memory": {"cpu": "1m", "memory": "2Gi"},
		"no cpu": {"memory": "1Mi"},
		"no memory": {"cpu": "1m"},
		"unreadable cpu": {"cpu": "many", "memory": "1Mi"},
		"unreadable memory": {"cpu": "1m", "memory": "lots"},
	}
	count(violation) == 1 with input as pod(limits, most)
}

test_messages if {
	messages := {found.msg | some found in violation} with input as pod({"cpu": "2", "memory": "2Gi"}, most)
	messages == {
		"container <c> cpu limit <2> is higher than the maximum allowed of <200m>",
		"container <c> memory limit <2Gi> is higher than the maximum allowed of <1Gi>",
	}
}

test_exempt if {
	count(violation) == 0 with input as pod({}, object.union(most, {"exemptImages": ["img:*"]}))
}

test_units[unit] if {
	some unit, factor in {"m": 1, "": 1000, "k": 1000000, "Ki": 1024000, "Mi": 1048576000}
	k8scontainerlimits.canonify_mem(sprintf("3%s", [unit])) == 3 * factor
}
