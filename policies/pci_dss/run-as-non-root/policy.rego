# METADATA
# title: Containers do not run as root
# description: >-
#   A process that is root in its container is close to root on the node. For every container runAsNonRoot must be true,
#   its own or else the pod's, and runAsUser must not be 0. As in Kubernetes, a container's own value wins over the
#   pod's.
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
#     description: Configure a security context for a pod or container
# custom:
#   id: run-as-non-root
#   controls:
#     - framework: PCI DSS v4.0.1
#       requirement: "2.2.6"
#   severity: high
#   remediation: >-
#     Set securityContext.runAsNonRoot to true for the pod or the container, and runAsUser, if at all, to a user id
#     other than 0.
package pci_dss.run_as_non_root

import data.pci_dss.lib.findings
import data.pci_dss.lib.workloads

policy := {
	"id": "run-as-non-root",
	"controls": ["2.2.6"],
	"severity": "high",
}

deny contains findings.for_unreadable(policy, problem) if some problem in workloads.unreadable

deny contains findings.for_container(policy, container, "securityContext.runAsNonRoot", problem) if {
	some container in workloads.containers
	not is_non_root(container)
	problem := "does not run with runAsNonRoot true, of its own or of the pod"
}

deny contains findings.for_container(policy, container, "securityContext.runAsUser", problem) if {
	some container in workloads.containers
	not has_safe_user(container)
	problem := describe(container)
}

is_non_root(container) if effective(container, "runAsNonRoot") == true

has_safe_user(container) if effective(container, "runAsUser") == null

has_safe_user(container) if {
	user := effective(container, "runAsUser")
	is_number(user)
	user >= 1
	floor(user) == user
}

describe(container) := "runs as user 0" if {
	effective(container, "runAsUser") == 0
} else := "has a runAsUser, of its own or of the pod, that is not a user id"

# The value that holds for a container, or null. Undefined where a security context is not an object: then neither rule
# above can be satisfied.
effective(container, field) := own if {
	own := setting(container.spec, field)
	own != null
}

effective(container, field) := setting(container.pod.spec, field) if setting(container.spec, field) == null

setting(spec, _) := null if object.get(spec, "securityContext", null) == null

setting(spec, field) := object.get(spec.securityContext, field, null) if is_object(spec.securityContext)
