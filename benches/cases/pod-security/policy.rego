package pods

deny contains message if {
	some container in input.spec.containers
	not container.securityContext.runAsNonRoot
	message := sprintf("container %s may run as root", [container.name])
}

deny contains message if {
	some container in input.spec.containers
	some capability in container.securityContext.capabilities.add
	not capability in {"NET_BIND_SERVICE", "CHOWN"}
	message := sprintf("container %s adds the capability %s", [container.name, capability])
}

deny contains "the pod shares the host's network" if input.spec.hostNetwork
