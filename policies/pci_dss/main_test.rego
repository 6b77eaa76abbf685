package pci_dss_test

import data.pci_dss.lib.fixtures_test as fixtures

# This package is outside data.pci_dss, so it can range over every check there, registered in main.rego or not.
all_findings contains finding if {
	some check
	some finding in data.pci_dss[check].deny
}

all_checks contains check if {
	some check
	data.pci_dss[check].policy.id
}

test_every_check_is_registered if {
	inputs := [{}, fixtures.pod(fixtures.bad_pod), fixtures.pod({})]
	every value in inputs {
		data.pci_dss.deny == all_findings with input as value
	}
	count({finding.policy | some finding in data.pci_dss.deny}) == count(all_checks) with input as {}
}

test_ids_are_the_package_names if {
	every check in all_checks {
		replace(data.pci_dss[check].policy.id, "-", "_") == check
	}
}

test_passes_every_kind_and_shape if {
	every kind in fixtures.kinds {
		every value in fixtures.shapes(fixtures.workload(kind, fixtures.good_pod)) {
			data.pci_dss.deny == set() with input as value
			data.pci_dss.messages == set() with input as value
		}
	}
}

test_every_check_fails_every_kind_and_shape if {
	every kind in fixtures.kinds {
		every value in fixtures.shapes(fixtures.workload(kind, fixtures.bad_pod)) {
			every check in all_checks {
				count(data.pci_dss[check].deny) > 0 with input as value
			}
		}
	}
}

test_findings_have_one_shape if {
	keys := {"policy", "framework", "controls", "severity", "msg", "object", "container", "field"}
	every value in [{}, fixtures.pod(fixtures.bad_pod), fixtures.pod({})] {
		findings := data.pci_dss.deny with input as value
		every finding in findings {
			object.keys(finding) == keys
			finding.severity in {"low", "medium", "high", "critical"}
			count(finding.controls) > 0
			object.keys(finding.object) == {"kind", "namespace", "name"}
		}
	}
}

test_messages_are_those_of_the_findings if {
	value := fixtures.pod(fixtures.bad_pod)
	count(data.pci_dss.messages) == count(data.pci_dss.deny) with input as value
	data.pci_dss.messages == {finding.msg | some finding in data.pci_dss.deny} with input as value
}

# The rule that many a cluster begins with. Wherever it denies, the pack denies.
naive_deny if {
	input.kind == "Pod"
	not input.spec.containers[0].resources.limits
}

test_denies_whatever_the_naive_rule_denies if {
	values := {object.union(
		{"kind": "Pod"},
		{"spec": case.spec},
	) |
		some case in fixtures.unreadable_pods
	}
	every value in values | {{"kind": "Pod"}, fixtures.pod(fixtures.bad_pod)} {
		denies_if_naive(value)
	}
}

denies_if_naive(value) if not naive_deny with input as value

denies_if_naive(value) if count(data.pci_dss.resource_limits.deny) > 0 with input as value
