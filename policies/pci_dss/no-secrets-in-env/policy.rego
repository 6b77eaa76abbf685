# METADATA
# title: No credentials as literal environment values
# description: >-
#   A credential written into a manifest is readable by everyone who can read the manifest, its history and the object
#   in the cluster. An environment variable may not have a literal value when its name or its value looks like a
#   credential or a private key. References (`valueFrom`, or a value that is only `$(NAME)`), absolute paths of variables
#   named *_FILE, *_PATH or *_DIR, and true or false are no credentials.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/configuration/secret/
#     description: Secrets
# custom:
#   id: no-secrets-in-env
#   controls:
#     - framework: PCI DSS v4.0.1
#       requirement: "8.6.2"
#   severity: high
#   remediation: >-
#     Move the value into a Secret or a secret store and mount it as a file, or refer to it; then replace the credential,
#     since it has been exposed. Names that are known not to hold a credential can be listed in
#     data.pci_dss.parameters.no_secrets_in_env.allowed_names.
package pci_dss.no_secrets_in_env

import data.pci_dss.lib.findings
import data.pci_dss.lib.workloads

policy := {
	"id": "no-secrets-in-env",
	"controls": ["8.6.2"],
	"severity": "high",
}

deny contains findings.for_unreadable(policy, problem) if some problem in workloads.unreadable

deny contains findings.for_container(policy, container, "env", problem) if {
	some container in workloads.containers
	env := object.get(container.spec, "env", null)
	env != null
	not is_array(env)
	problem := "has an env that is not a list, so no-secrets-in-env cannot be evaluated"
}

deny contains findings.for_container(policy, container, field, problem) if {
	some container in workloads.containers
	is_array(container.spec.env)
	some index, variable in container.spec.env
	not is_object(variable)
	field := sprintf("env[%d]", [index])
	problem := "has an environment variable that is not an object, so no-secrets-in-env cannot be evaluated"
}

# The value itself is never part of the finding.
deny contains findings.for_container(policy, container, field, problem) if {
	some container in workloads.containers
	is_array(container.spec.env)
	some index, variable in container.spec.env
	is_object(variable)
	name := findings.text(object.get(variable, "name", ""))
	value := findings.text(object.get(variable, "value", ""))
	is_exposed(name, value)
	field := sprintf("env[%d].value", [index])
	problem := sprintf("sets %s to a literal that looks like a credential", [name])
}

is_exposed(_, value) if has_credential_form(value)

is_exposed(name, value) if {
	has_credential_name(name)
	not is_harmless(name, value)
}

has_credential_name(name) if {
	regex.match(
		`(?i)(passw(or)?d|passphrase|secret|token([^i]|i[^sz]|$)|credential|api[_.-]?key|(access|private|secret|encryption|signing|account|auth|master)[_.-]?key|connection[_.-]?string)`,
		name,
	)
}

# Short names only as a whole word: `PASS`, `DB_PWD`, but neither `BYPASS` nor the shell's `PWD`.
has_credential_name(name) if regex.match(`(?i)(^|[_.-])(pass|pw|pin|auth)$`, name)

has_credential_name(name) if regex.match(`(?i)[_.-]pwd$`, name)

is_harmless(_, "")

is_harmless(_, value) if lower(value) in {"true", "false"}

is_harmless(_, value) if regex.match(`^\$\([A-Za-z_.-][A-Za-z0-9_.-]*\)$`, value)

is_harmless(name, value) if {
	regex.match(`(?i)[_.-](file|path|dir)$`, name)
	startswith(value, "/")
}

is_harmless(name, _) if name in data.pci_dss.parameters.no_secrets_in_env.allowed_names

# Private keys, plain and in base64.
has_credential_form(value) if regex.match(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY`, value)

has_credential_form(value) if {
	regex.match(`LS0tLS1CRUdJTi(BQUklWQVRF|BSU0EgUFJJVkFUR|BFQyBQUklWQVRF|BEU0EgUFJJVkFUR|BPUEVOU1NI|BFTkNSWVBURU)`, value)
}

# Tokens whose issuer marks them: AWS, GitHub, GitLab, Slack, Stripe, Google.
has_credential_form(value) if {
	regex.match(
		`\b((AKIA|ASIA)[0-9A-Z]{16}|gh[oprsu]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{22}|glpat-[0-9A-Za-z_-]{20}|xox[abeprs]-[0-9A-Za-z-]{10}|[rs]k_live_[0-9A-Za-z]{16}|AIza[0-9A-Za-z_-]{35})`,
		value,
	)
}

# JSON web tokens.
has_credential_form(value) if regex.match(`\beyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{8,}\.`, value)

# A password in a URL, unless it is a reference to another variable.
has_credential_form(value) if {
	regex.match(`[A-Za-z][A-Za-z0-9+.-]*://[^/?#\s:@]*:([^/?#\s@$]|\$[^(@])[^/?#\s@]*@`, value)
}
