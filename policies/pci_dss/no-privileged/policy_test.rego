package pci_dss.no_privileged

import data.pci_dss.lib.fixtures_test as fixtures

fields := {finding.field | some finding in deny}

context(value) := fixtures.pod(fixtures.replacing("securityContext", value))

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
			count(deny) == 1 with input as value
		}
	}
}

test_passes_other_kinds if deny == set() with input as {"apiVersion": "v1", "kind": "Service", "spec": {}}

test_finding_names_container_and_field if {
	some finding in deny with input as fixtures.pod(fixtures.bad_pod)
	finding.container == "app"
	finding.field == "spec.containers[0].securityContext.privileged"
	contains(finding.msg, `Pod payments/api: container "app" is privileged`)
}

test_fails_all_sorts_of_containers if {
	spec := {
		"containers": [fixtures.good_container, fixtures.bad_container],
		"initContainers": [fixtures.bad_container],
		"ephemeralContainers": [fixtures.bad_container],
	}
	fields == {
		"spec.containers[1].securityContext.privileged",
		"spec.initContainers[0].securityContext.privileged",
		"spec.ephemeralContainers[0].securityContext.privileged",
	} with input as fixtures.pod(spec)
}

test_passes_contexts_that_do_not_ask_for_it if {
	every value in [null, {}, {"privileged": false}, {"privileged": null}, {"runAsUser": 0}] {
		deny == set() with input as context(value)
	}
	deny == set() with input as fixtures.pod({"containers": [{"name": "app"}]})
}

test_fails_contexts_of_a_wrong_type if {
	every value in [true, false, 0, 1, "", "abc", [], [{"privileged": false}]] {
		count(deny) == 1 with input as context(value)
	}
}

test_fails_values_of_a_wrong_type if {
	every value in [true, "true", "false", "", 0, 1, [], {}] {
		count(deny) == 1 with input as context({"privileged": value})
	}
}

test_fails_what_cannot_be_read if {
	every case in fixtures.unreadable_pods {
		every value in fixtures.shapes(fixtures.pod(case.spec)) {
			fields == {case.field} with input as value
		}
	}
	count(deny) == 1 with input as {}
}
