package pci_dss.lib.workloads_test

import data.pci_dss.lib.fixtures_test as fixtures
import data.pci_dss.lib.workloads

three := {
	"containers": [{"name": "a"}, {"name": "b"}],
	"initContainers": [{"name": "c"}],
	"ephemeralContainers": [{"name": "d"}],
}

names_and_paths := {[container.name, container.path] | some container in workloads.containers}

test_finds_all_containers_of_a_pod if {
	expected := {
		["a", "spec.containers[0]"],
		["b", "spec.containers[1]"],
		["c", "spec.initContainers[0]"],
		["d", "spec.ephemeralContainers[0]"],
	}
	names_and_paths == expected with input as fixtures.pod(three)
}

test_finds_all_containers_of_every_kind if {
	count(fixtures.kinds) == 9
	every kind in fixtures.kinds {
		count(workloads.containers) == 4 with input as fixtures.workload(kind, three)
		workloads.unreadable == set() with input as fixtures.workload(kind, three)
	}
}

test_paths_of_templates if {
	paths := {
		"CronJob": "spec.jobTemplate.spec.template.spec.containers[0]",
		"Deployment": "spec.template.spec.containers[0]",
		"PodTemplate": "template.spec.containers[0]",
	}
	every kind, path in paths {
		names_and_paths == {["app", path]} with input as fixtures.workload(kind, fixtures.good_pod)
	}
}

test_other_kinds_have_no_pods if {
	value := {"apiVersion": "v1", "kind": "Service", "spec": {"containers": [{}]}}
	workloads.pods == [] with input as value
	workloads.unreadable == set() with input as value
}

test_null_lists_are_absent_lists if {
	spec := object.union(fixtures.good_pod, {"initContainers": null, "ephemeralContainers": null})
	workloads.unreadable == set() with input as fixtures.pod(spec)
}

test_reports_what_it_cannot_read if {
	every case in fixtures.unreadable_pods {
		fields := {problem.field | some problem in workloads.unreadable} with input as fixtures.pod(case.spec)
		fields == {case.field}
	}
}

test_reports_missing_pod_specs_of_every_kind if {
	every kind in fixtures.kinds {
		count(workloads.unreadable) == 1 with input as {"kind": kind}
		count(workloads.unreadable) == 1 with input as {"kind": kind, "spec": "abc", "template": "abc"}
	}
}

test_readable_containers_are_checked_beside_unreadable_ones if {
	spec := {"containers": ["abc", {"name": "b"}], "initContainers": "abc"}
	names_and_paths == {["b", "spec.containers[1]"]} with input as fixtures.pod(spec)
	count(workloads.unreadable) == 2 with input as fixtures.pod(spec)
}

test_same_kind_of_another_group if {
	kruise := object.union(
		fixtures.workload("StatefulSet", three),
		{"apiVersion": "apps.kruise.io/v1beta1"},
	)
	count(workloads.containers) == 4 with input as kruise

	volcano := {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {"tasks": []}}
	workloads.pods == [] with input as volcano
	workloads.unreadable == set() with input as volcano
}

test_api_version_is_no_way_around if {
	every version in [null, 1, "", "v1", "/v1", "apps/v1", "batch/v1", "extensions/v1beta1"] {
		count(workloads.unreadable) == 1 with input as {"apiVersion": version, "kind": "Deployment", "spec": {}}
	}
}
