package pci_dss.resource_limits

import data.pci_dss.lib.fixtures_test as fixtures

fields := {finding.field | some finding in deny}

limits(value) := fixtures.pod(fixtures.replacing("resources", {"limits": value}))

test_policy_agrees_with_annotations if fixtures.agrees(policy, rego.metadata.chain()[_].annotations.custom)

test_passes_every_kind_and_shape if {
	every kind in fixtures.kinds {
		every value in fixtures.shapes(fixtures.workload(kind, fixtures.good_pod)) {
			deny == set() with input as value
		}
	}
}

test_fails_every_kind_and_shape if {
	every kind in fixtures.kinds {
		every value in fixtures.shapes(fixtures.workload(kind, fixtures.bad_pod)) {
			count(deny) == 2 with input as value
		}
	}
}

test_passes_other_kinds if deny == set() with input as {"apiVersion": "v1", "kind": "Service", "spec": {}}

test_finding_names_container_and_field if {
	some finding in deny with input as fixtures.pod(fixtures.bad_pod)
	finding.container == "app"
	finding.field == "spec.containers[0].resources.limits.cpu"
	finding.msg == concat("", [
		`Pod payments/api: container "app" has no cpu limit`,
		" (spec.containers[0].resources.limits.cpu) [PCI DSS v4.0.1: 2.2.1]",
	])
}

test_fails_a_second_container if {
	spec := {"containers": [fixtures.good_container, {"name": "sidecar"}]}
	fields == {
		"spec.containers[1].resources.limits.cpu",
		"spec.containers[1].resources.limits.memory",
	} with input as fixtures.pod(spec)
}

test_fails_an_init_container if {
	spec := {"containers": [fixtures.good_container], "initContainers": [{"name": "init"}]}
	fields == {
		"spec.initContainers[0].resources.limits.cpu",
		"spec.initContainers[0].resources.limits.memory",
	} with input as fixtures.pod(spec)
}

test_exempts_ephemeral_containers if {
	spec := {"containers": [fixtures.good_container], "ephemeralContainers": [{"name": "debug"}]}
	deny == set() with input as fixtures.pod(spec)
}

test_fails_each_missing_limit if {
	fields == {"spec.containers[0].resources.limits.memory"} with input as limits({"cpu": "1"})
	fields == {"spec.containers[0].resources.limits.cpu"} with input as limits({"memory": "1Gi"})
}

test_requests_are_no_limits if {
	resources := {"requests": {"cpu": "1", "memory": "1Gi"}}
	count(deny) == 2 with input as fixtures.pod(fixtures.replacing("resources", resources))
}

test_fails_resources_of_a_wrong_type if {
	every value in [null, true, 1, "abc", [], ["cpu", "memory"], {}] {
		count(deny) == 2 with input as fixtures.pod(fixtures.replacing("resources", value))
		count(deny) == 2 with input as limits(value)
	}
}

test_passes_quantities if {
	quantities := [
		1, 0.5, "1", "500m", "0.5", ".5", "1.", "+1", "100Mi", "1Gi", "1.5Gi", "128974848", "129e6", "1E3", "1E",
		"1e-1", "10k", "128974848000m", "100n", "010",
	]
	every quantity in quantities {
		deny == set() with input as limits({"cpu": quantity, "memory": quantity})
	}
}

test_fails_what_is_not_a_quantity_above_zero if {
	values := [
		null, false, true, 0, 0.0, -1, [], {}, "", " ", "abc", "0", "0m", "00", "0.0", ".0", "0Gi", "0e9", "+0", "-1",
		"-500m", "1GB", "1gi", "1 Gi", " 1", "1\n", "m", ".", "1..5", "1e", "e3", "1mi", "unlimited", "Infinity",
	]
	every value in values {
		count(deny) == 2 with input as limits({"cpu": value, "memory": value})
	}
}

test_says_whether_a_limit_is_missing_or_useless if {
	some missing in deny with input as limits({"cpu": "1"})
	contains(missing.msg, "has no memory limit")
	some useless in deny with input as limits({"cpu": "1", "memory": "0"})
	contains(useless.msg, "has a memory limit that is not a quantity above zero")
}

test_fails_what_cannot_be_read if {
	every case in fixtures.unreadable_pods {
		every value in fixtures.shapes(fixtures.pod(case.spec)) {
			fields == {case.field} with input as value
		}
	}
	count(deny) == 1 with input as {}
}
