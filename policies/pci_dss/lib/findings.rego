# METADATA
# title: Findings
# description: The one place where a finding is made, so that every check's findings have the same shape.
package pci_dss.lib.findings

framework := "PCI DSS v4.0.1"

# METADATA
# description: >-
#   A finding about an object as a whole, or a pod. `policy` has `id`, `controls` and `severity`; `field` is the path
#   in the object; `problem` completes the sentence that begins with the object.
for_object(policy, manifest, field, problem) := finding(policy, manifest, "", field, problem)

# METADATA
# description: A finding about a container, as `workloads.containers` gives it. `field` is relative to the container.
for_container(policy, container, field, problem) := finding(
	policy,
	container.pod.object,
	text(container.name),
	sprintf("%s.%s", [container.path, field]),
	sprintf(`container "%s" %s`, [text(container.name), problem]),
)

# METADATA
# description: A finding that says that the check could not be made, from `objects.unreadable` or `workloads.unreadable`.
for_unreadable(policy, problem) := finding(
	policy,
	problem.object,
	"",
	problem.field,
	sprintf("%s, so %s cannot be evaluated", [problem.reason, policy.id]),
)

# METADATA
# description: A value as text, for names that a manifest may lack or give another type.
text(value) := value if is_string(value)

text(value) := "" if value == null

text(value) := sprintf("%v", [value]) if {
	not is_string(value)
	value != null
}

finding(policy, manifest, container, field, problem) := {
	"policy": policy.id,
	"framework": framework,
	"controls": policy.controls,
	"severity": policy.severity,
	"msg": sprintf("%s: %s (%s) [%s: %s]", [
		label(subject),
		problem,
		field,
		framework,
		concat(", ", policy.controls),
	]),
	"object": subject,
	"container": container,
	"field": field,
} if {
	subject := {
		"kind": text(object.get(manifest, "kind", "")),
		"namespace": text(object.get(manifest, ["metadata", "namespace"], "")),
		"name": name(manifest),
	}
}

# An object that is yet to be created may have only the prefix of its name.
name(manifest) := given if {
	given := text(object.get(manifest, ["metadata", "name"], ""))
	given != ""
} else := text(object.get(manifest, ["metadata", "generateName"], ""))

label(subject) := "input" if {
	subject.kind == ""
	subject.name == ""
} else := trim_space(sprintf("%s %s", [subject.kind, qualified])) if {
	qualified := concat("/", [part |
		some part in [subject.namespace, subject.name]
		part != ""
	])
}
