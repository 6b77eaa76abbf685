# METADATA
# title: Objects for the tests
# description: Builds a workload of any kind around a pod spec, and an input of any shape around an object.
package pci_dss.lib.fixtures_test

import data.pci_dss.lib.workloads

kinds := object.keys(workloads.pod_spec_paths)

# A container that no check objects to.
good_container := {
	"name": "app",
	"image": "registry.example.com/app@sha256:0123",
	"env": [{"name": "LOG_LEVEL", "value": "info"}],
	"resources": {"limits": {"cpu": "500m", "memory": "128Mi"}},
	"securityContext": {"runAsNonRoot": true, "privileged": false},
}

good_pod := {"containers": [good_container]}

# A container that every check objects to.
bad_container := {
	"name": "app",
	"env": [{"name": "DB_PASSWORD", "value": "hunter2"}],
	"securityContext": {"privileged": true, "runAsUser": 0},
}

bad_pod := {"containers": [bad_container]}

# A pod whose container has another value in a field. Unlike object.union this does not merge into the old one.
replacing(field, value) := {"containers": [object.union(object.remove(good_container, [field]), {field: value})]}

workload(kind, spec) := object.union(
	{
		"apiVersion": api_versions[kind],
		"kind": kind,
		"metadata": {"name": "api", "namespace": "payments"},
	},
	nested(workloads.pod_spec_paths[kind], spec),
)

api_versions := {
	"CronJob": "batch/v1",
	"DaemonSet": "apps/v1",
	"Deployment": "apps/v1",
	"Job": "batch/v1",
	"Pod": "v1",
	"PodTemplate": "v1",
	"ReplicaSet": "apps/v1",
	"ReplicationController": "v1",
	"StatefulSet": "apps/v1",
}

nested(["spec"], spec) := {"spec": spec}

nested(["template", "spec"], spec) := {"template": {"spec": spec}}

nested(["spec", "template", "spec"], spec) := {"spec": {"template": {"spec": spec}}}

nested(["spec", "jobTemplate", "spec", "template", "spec"], spec) := {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}

pod(spec) := workload("Pod", spec)

# The same object in every shape of input.
shapes(manifest) := {
	"object": manifest,
	"list": {"apiVersion": "v1", "kind": "List", "items": [manifest]},
	"admission": {
		"apiVersion": "admission.k8s.io/v1",
		"kind": "AdmissionReview",
		"request": {"uid": "1", "operation": "CREATE", "object": manifest},
	},
	"gatekeeper": {"review": {"operation": "CREATE", "object": manifest}, "parameters": {}},
}

# Pod specs whose containers cannot be read, and the field that says why.
unreadable_pods := {
	{"spec": "abc", "field": "spec"},
	{"spec": null, "field": "spec"},
	{"spec": {}, "field": "spec.containers"},
	{"spec": {"containers": null}, "field": "spec.containers"},
	{"spec": {"containers": []}, "field": "spec.containers"},
	{"spec": {"containers": "abc"}, "field": "spec.containers"},
	{"spec": {"containers": good_container}, "field": "spec.containers"},
	{"spec": {"containers": ["abc"]}, "field": "spec.containers[0]"},
	{"spec": {"containers": [good_container, null]}, "field": "spec.containers[1]"},
	{"spec": {"containers": [good_container], "initContainers": "abc"}, "field": "spec.initContainers"},
	{"spec": {"containers": [good_container], "initContainers": {}}, "field": "spec.initContainers"},
	{"spec": {"containers": [good_container], "initContainers": [1]}, "field": "spec.initContainers[0]"},
	{"spec": {"containers": [good_container], "ephemeralContainers": 1}, "field": "spec.ephemeralContainers"},
}

# Whether a check's `policy` says what its package's annotations say.
agrees(policy, custom) if {
	policy.id == custom.id
	policy.severity == custom.severity
	policy.controls == [control.requirement | some control in custom.controls]
}
