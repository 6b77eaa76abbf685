# METADATA
# title: Containers are not privileged
# description: >-
#   A privileged container has nearly all the power of its node, past every other control on it. No container, init
#   container or ephemeral container may be privileged.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
#     description: Pod security standards
# custom:
#   id: no-privileged
#   controls:
#     - framework: PCI DSS v4.0.1
#       requirement: "2.2.6"
#   severity: critical
#   remediation: >-
#     Remove securityContext.privileged or set it to false; add the single capability that the container needs.
package pci_dss.no_privileged

import data.pci_dss.lib.findings
import data.pci_dss.lib.workloads

policy := {
	"id": "no-privileged",
	"controls": ["2.2.6"],
	"severity": "critical",
}

deny contains findings.for_unreadable(policy, problem) if some problem in workloads.unreadable

deny contains findings.for_container(policy, container, "securityContext.privileged", problem) if {
	some container in workloads.containers
	not is_unprivileged(container.spec)
	problem := describe(container.spec)
}

is_unprivileged(spec) if object.get(spec, "securityContext", null) == null

is_unprivileged(spec) if {
	is_object(spec.securityContext)
	object.get(spec.securityContext, "privileged", null) in {null, false}
}

describe(spec) := "is privileged" if {
	spec.securityContext.privileged == true
} else := "has a securityContext that does not clearly leave it unprivileged"
