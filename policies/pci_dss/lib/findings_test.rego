package pci_dss.lib.findings_test

import data.pci_dss.lib.findings

policy := {"id": "example", "controls": ["1.2.3", "4.5.6"], "severity": "low"}

finding_for(manifest) := findings.for_object(policy, manifest, "spec.x", "has an x")

test_shape_for_an_object if {
	manifest := {"kind": "Pod", "metadata": {"name": "api", "namespace": "payments"}}
	finding_for(manifest) == {
		"policy": "example",
		"framework": "PCI DSS v4.0.1",
		"controls": ["1.2.3", "4.5.6"],
		"severity": "low",
		"msg": "Pod payments/api: has an x (spec.x) [PCI DSS v4.0.1: 1.2.3, 4.5.6]",
		"object": {"kind": "Pod", "namespace": "payments", "name": "api"},
		"container": "",
		"field": "spec.x",
	}
}

test_shape_for_a_container if {
	container := {"pod": {"object": {"kind": "Pod"}}, "path": "spec.containers[0]", "name": "app", "spec": {}}
	finding := findings.for_container(policy, container, "x", "has an x")
	finding.container == "app"
	finding.field == "spec.containers[0].x"
	finding.msg == `Pod: container "app" has an x (spec.containers[0].x) [PCI DSS v4.0.1: 1.2.3, 4.5.6]`
}

test_shape_for_the_unreadable if {
	finding := findings.for_unreadable(policy, {"object": {}, "field": "kind", "reason": "there is nothing"})
	startswith(finding.msg, "input: there is nothing, so example cannot be evaluated (kind)")
	finding.policy == "example"
}

test_labels if {
	labels := {
		"Pod: ": {"kind": "Pod"},
		"Pod api: ": {"kind": "Pod", "metadata": {"name": "api", "namespace": null}},
		"Pod api-: ": {"kind": "Pod", "metadata": {"generateName": "api-"}},
		"Pod 7/12: ": {"kind": "Pod", "metadata": {"name": 12, "namespace": 7}},
		"input: ": {},
	}
	every label, manifest in labels {
		startswith(finding_for(manifest).msg, label)
	}
}

test_a_finding_survives_metadata_of_any_type if {
	every value in [null, true, 1, "abc", [], {}, {"name": {}}, {"name": ["a"], "namespace": false}] {
		finding_for({"kind": "Pod", "metadata": value}).policy == "example"
		finding_for({"kind": value}).policy == "example"
	}
}
