package pci_dss.run_as_non_root

import data.pci_dss.lib.fixtures_test as fixtures

fields := {finding.field | some finding in deny}

non_root_field := "spec.containers[0].securityContext.runAsNonRoot"

user_field := "spec.containers[0].securityContext.runAsUser"

contexts(of_pod, of_container) := fixtures.pod({
	"securityContext": of_pod,
	"containers": [{"name": "app", "securityContext": of_container}],
})

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

test_finding_names_container if {
	some finding in deny with input as fixtures.pod(fixtures.bad_pod)
	finding.container == "app"
	startswith(finding.msg, `Pod payments/api: container "app" `)
}

test_fails_all_sorts_of_containers if {
	bare := {"name": "bare"}
	spec := {
		"containers": [fixtures.good_container, bare],
		"initContainers": [bare],
		"ephemeralContainers": [bare],
	}
	fields == {
		"spec.containers[1].securityContext.runAsNonRoot",
		"spec.initContainers[0].securityContext.runAsNonRoot",
		"spec.ephemeralContainers[0].securityContext.runAsNonRoot",
	} with input as fixtures.pod(spec)
}

test_fails_without_any_context if {
	fields == {non_root_field} with input as fixtures.pod({"containers": [{"name": "app"}]})
}

test_pod_speaks_for_its_containers if {
	every own in [null, {}, {"runAsNonRoot": null}, {"privileged": false}] {
		deny == set() with input as contexts({"runAsNonRoot": true}, own)
	}
}

test_container_needs_no_pod_context if {
	every of_pod in [null, {}, {"runAsNonRoot": false}, {"runAsNonRoot": null}] {
		deny == set() with input as contexts(of_pod, {"runAsNonRoot": true})
	}
}

test_container_wins_over_pod if {
	fields == {non_root_field} with input as contexts({"runAsNonRoot": true}, {"runAsNonRoot": false})
	fields == {user_field} with input as contexts({"runAsNonRoot": true, "runAsUser": 1000}, {"runAsUser": 0})
	deny == set() with input as contexts({"runAsNonRoot": true, "runAsUser": 0}, {"runAsUser": 1000})
}

test_fails_user_0_of_the_pod if {
	fields == {user_field} with input as contexts({"runAsNonRoot": true, "runAsUser": 0}, {})
}

test_says_what_is_wrong_with_the_user if {
	some root in deny with input as contexts({"runAsNonRoot": true}, {"runAsUser": 0})
	contains(root.msg, `container "app" runs as user 0`)
	some other in deny with input as contexts({"runAsNonRoot": true}, {"runAsUser": "0"})
	contains(other.msg, "that is not a user id")
}

test_a_user_does_not_stand_for_non_root if {
	fields == {non_root_field} with input as contexts({"runAsUser": 1000}, {"runAsUser": 1000})
}

test_passes_user_ids if {
	every user in [null, 1, 1000, 65534] {
		deny == set() with input as contexts({"runAsNonRoot": true}, {"runAsUser": user})
	}
}

test_fails_user_ids_of_a_wrong_type if {
	every user in [0, 0.0, -1, 0.5, 1.5, "0", "1000", "", false, true, [], {}] {
		fields == {user_field} with input as contexts({"runAsNonRoot": true}, {"runAsUser": user})
		fields == {user_field} with input as contexts({"runAsNonRoot": true, "runAsUser": user}, {})
	}
}

test_fails_non_root_of_a_wrong_type if {
	every value in [false, "true", "", 0, 1, [], {}, {"true": true}] {
		fields == {non_root_field} with input as contexts({"runAsNonRoot": true}, {"runAsNonRoot": value})
		fields == {non_root_field} with input as contexts({"runAsNonRoot": value}, {})
	}
}

test_fails_contexts_of_a_wrong_type if {
	every value in [true, false, 0, "", "abc", [], [{"runAsNonRoot": true}]] {
		fields == {non_root_field, user_field} with input as contexts({"runAsNonRoot": true}, value)
		fields == {non_root_field, user_field} with input as contexts(value, {})
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
