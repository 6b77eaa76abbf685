# METADATA
# title: Pods and containers of any workload
# description: >-
#   Reaches the pod spec of every kind that has one, and its containers of all three sorts, each with the path of its
#   field in the object.
package pci_dss.lib.workloads

import data.pci_dss.lib.objects

# METADATA
# description: Where each kind keeps its pod spec.
pod_spec_paths := {
	"CronJob": ["spec", "jobTemplate", "spec", "template", "spec"],
	"DaemonSet": ["spec", "template", "spec"],
	"Deployment": ["spec", "template", "spec"],
	"Job": ["spec", "template", "spec"],
	"Pod": ["spec"],
	"PodTemplate": ["template", "spec"],
	"ReplicaSet": ["spec", "template", "spec"],
	"ReplicationController": ["spec", "template", "spec"],
	"StatefulSet": ["spec", "template", "spec"],
}

container_lists := ["containers", "initContainers", "ephemeralContainers"]

# METADATA
# description: "The pods under review: `object`, `path` (of the pod spec) and `spec`."
pods := [pod |
	some manifest in objects.under_review
	path := pod_spec_paths[manifest.kind]
	spec := object.get(manifest, path, null)
	is_object(spec)
	is_workload(manifest, spec)
	pod := {"object": manifest, "path": concat(".", path), "spec": spec}
]

# METADATA
# description: "Every container under review: `pod`, `list` (which of the three), `path`, `name` and `spec`."
containers := [container |
	some pod in pods
	some list in container_lists
	is_array(pod.spec[list])
	some index, spec in pod.spec[list]
	is_object(spec)
	container := {
		"pod": pod,
		"list": list,
		"path": sprintf("%s.%s[%d]", [pod.path, list, index]),
		"name": object.get(spec, "name", ""),
		"spec": spec,
	}
]

# METADATA
# description: >-
#   What keeps a workload's containers from being checked: `object`, `field` and `reason`. Each check reports these under
#   its own id, since none of them can say that such a workload passes.
unreadable contains problem if some problem in objects.unreadable

unreadable contains {"object": manifest, "field": field, "reason": "the pod spec is missing or not an object"} if {
	some manifest in objects.under_review
	path := pod_spec_paths[manifest.kind]
	is_kubernetes_own(manifest)
	not is_object(object.get(manifest, path, null))
	field := concat(".", path)
}

unreadable contains {"object": pod.object, "field": field, "reason": "the pod has no list of containers"} if {
	some pod in pods
	not has_containers(pod.spec)
	field := sprintf("%s.containers", [pod.path])
}

unreadable contains {"object": pod.object, "field": field, "reason": reason} if {
	some pod in pods
	some list in ["initContainers", "ephemeralContainers"]
	value := object.get(pod.spec, list, null)
	value != null
	not is_array(value)
	field := sprintf("%s.%s", [pod.path, list])
	reason := sprintf("%s is not a list", [list])
}

unreadable contains {"object": pod.object, "field": field, "reason": "the container is not an object"} if {
	some pod in pods
	some list in container_lists
	is_array(pod.spec[list])
	some index, spec in pod.spec[list]
	not is_object(spec)
	field := sprintf("%s.%s[%d]", [pod.path, list, index])
}

has_containers(spec) if {
	is_array(spec.containers)
	count(spec.containers) > 0
}

# A kind of the same name in another API group (Kruise's StatefulSet, Volcano's Job) is checked where it has a pod spec
# in the usual place, and is otherwise none of our business.
is_workload(manifest, _) if is_kubernetes_own(manifest)

is_workload(manifest, spec) if {
	not is_kubernetes_own(manifest)
	object.get(spec, "containers", null) != null
}

# An absent or unusable apiVersion counts as Kubernetes' own: it must not be a way around a check.
is_kubernetes_own(manifest) if not is_string(object.get(manifest, "apiVersion", null))

is_kubernetes_own(manifest) if {
	is_string(manifest.apiVersion)
	not contains(manifest.apiVersion, "/")
}

is_kubernetes_own(manifest) if {
	some group in ["/", "apps/", "batch/", "extensions/"]
	is_string(manifest.apiVersion)
	startswith(manifest.apiVersion, group)
}
