# METADATA
# title: Containers have cpu and memory limits
# description: >-
#   A container without limits can take a node's resources from the others on it. Every container and init container of
#   every workload needs a limit above zero for cpu and for memory. Ephemeral containers are exempt, as Kubernetes does
#   not let them have resources.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
#     description: Resource management for pods and containers
# custom:
#   id: resource-limits
#   controls:
#     - framework: PCI DSS v4.0.1
#       requirement: "2.2.1"
#   severity: medium
#   remediation: >-
#     Set resources.limits.cpu and resources.limits.memory of the container to what it needs at its peak.
package pci_dss.resource_limits

import data.pci_dss.lib.findings
import data.pci_dss.lib.workloads

policy := {
	"id": "resource-limits",
	"controls": ["2.2.1"],
	"severity": "medium",
}

deny contains findings.for_unreadable(policy, problem) if some problem in workloads.unreadable

deny contains findings.for_container(policy, container, field, problem) if {
	some container in workloads.containers
	container.list != "ephemeralContainers"
	some resource in ["cpu", "memory"]
	limit := object.get(container.spec, ["resources", "limits", resource], null)
	not is_positive_quantity(limit)
	field := sprintf("resources.limits.%s", [resource])
	problem := describe(resource, limit)
}

is_positive_quantity(limit) if {
	is_number(limit)
	limit > 0
}

# A Kubernetes quantity with a digit other than zero before its suffix.
is_positive_quantity(limit) if {
	is_string(limit)
	regex.match(`^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$`, limit)
	regex.match(`^\+?[0.]*[1-9]`, limit)
}

describe(resource, limit) := sprintf("has no %s limit", [resource]) if limit == null

describe(resource, limit) := sprintf("has a %s limit that is not a quantity above zero", [resource]) if limit != null
