package pci_dss.no_secrets_in_env

import data.pci_dss.lib.fixtures_test as fixtures

fields := {finding.field | some finding in deny}

env(value) := fixtures.pod(fixtures.replacing("env", value))

variable(name, value) := env([{"name": name, "value": value}])

test_policy_agrees_with_annotations if fixtures.agrees(policy, rego.metadata.chain()[_].annotations.custom)

test_passes_every_kind_and_shape if {
	every kind in fixtures.kinds {
		every value in fixtures.shapes(fixtures.workload(kind, fixtures.good_pod)) {
			deny == set() with input as value
		}
	}
}

test_fails_every_kind_and_shape if {
	every kind in fixtures.kinds {
		every value in fixtures.shapes(fixtures.workload(kind, fixtures.bad_pod)) {
			count(deny) == 1 with input as value
		}
	}
}

test_passes_other_kinds if deny == set() with input as {"apiVersion": "v1", "kind": "Service", "spec": {}}

test_finding_names_variable_but_not_its_value if {
	some finding in deny with input as fixtures.pod(fixtures.bad_pod)
	finding.container == "app"
	finding.field == "spec.containers[0].env[0].value"
	contains(finding.msg, `container "app" sets DB_PASSWORD to a literal that looks like a credential`)
	not contains(json.marshal(finding), "hunter2")
}

test_fails_all_sorts_of_containers_and_every_variable if {
	spec := {
		"containers": [fixtures.good_container, fixtures.bad_container],
		"initContainers": [fixtures.bad_container],
		"ephemeralContainers": [{"name": "debug", "env": [
			{"name": "A", "value": "a"},
			{"name": "API_KEY", "value": "a"},
			{"name": "TOKEN", "value": "a"},
		]}],
	}
	fields == {
		"spec.containers[1].env[0].value",
		"spec.initContainers[0].env[0].value",
		"spec.ephemeralContainers[0].env[1].value",
		"spec.ephemeralContainers[0].env[2].value",
	} with input as fixtures.pod(spec)
}

test_fails_names_of_credentials if {
	names := [
		"PASSWORD", "DB_PASSWORD", "dbPassword", "MYSQL_ROOT_PASSWORD", "PGPASSWORD", "SMTP_PASSWD", "KEY_PASSPHRASE",
		"CLIENT_SECRET", "clientSecret", "SECRET_KEY_BASE", "GITHUB_TOKEN", "tokenId", "TOKEN_1", "AWS_ACCESS_KEY_ID",
		"AWS_SECRET_ACCESS_KEY", "API_KEY", "apikey", "api.key", "STRIPE-API-KEY", "PRIVATE_KEY", "ENCRYPTION_KEY",
		"AZURE_STORAGE_CONNECTION_STRING", "DB_CREDENTIALS", "PASS", "DB_PASS", "DB_PWD", "REDIS_AUTH", "HSM_PIN",
	]
	every name in names {
		fields == {"spec.containers[0].env[0].value"} with input as variable(name, "x")
	}
}

test_passes_names_of_other_things if {
	names := [
		"LOG_LEVEL", "PWD", "OLDPWD", "BYPASS", "COMPASS_URL", "AUTHOR", "SPIN", "TOKENIZER", "TOKENIZATION_URL",
		"tokenisation.url", "KEYBOARD", "MONKEY", "PRIMARY_KEY_COLUMN", "",
	]
	every name in names {
		deny == set() with input as variable(name, "x")
	}
}

test_fails_literals_of_any_type if {
	every value in [12345, 0, 1.5, ["a"], {"a": "b"}, " ", "x\ny", "/var/lib", "$(A)b", "${A}", "$A", "truely"] {
		count(deny) == 1 with input as variable("DB_PASSWORD", value)
	}
}

test_passes_what_is_no_literal if {
	every value in ["", null, "$(OTHER)", "$(other.name-1)", "true", "False", true, false] {
		deny == set() with input as variable("DB_PASSWORD", value)
	}
	source := {"secretKeyRef": {"name": "db", "key": "password"}}
	deny == set() with input as env([{"name": "DB_PASSWORD", "valueFrom": source}])
	deny == set() with input as env([{"name": "DB_PASSWORD", "value": "", "valueFrom": source}])
}

test_a_reference_beside_it_does_not_excuse_a_literal if {
	count(deny) == 1 with input as env([{"name": "DB_PASSWORD", "value": "x", "valueFrom": {}}])
}

test_passes_absolute_paths_in_file_variables if {
	every name in ["DB_PASSWORD_FILE", "token-file", "SECRETS_DIR", "TOKEN_PATH"] {
		deny == set() with input as variable(name, "/run/secrets/db")
		count(deny) == 1 with input as variable(name, "hunter2")
	}
	count(deny) == 1 with input as variable("DB_PASSWORD", "/run/secrets/db")
	count(deny) == 1 with input as variable("PASSWORDFILE", "/run/secrets/db")
}

# Put together here, so that no scanner takes this file for a leak.
secret_values := [
	concat("", ["-----BEGIN ", "PRIVATE KEY-----\nMII"]),
	concat("", ["x\n-----BEGIN ", "RSA PRIVATE KEY-----\nMII"]),
	concat("", ["-----BEGIN ", "OPENSSH PRIVATE KEY-----"]),
	concat("", ["-----BEGIN PGP ", "PRIVATE KEY BLOCK-----"]),
	base64.encode(concat("", ["-----BEGIN ", "PRIVATE KEY-----\nMII"])),
	base64.encode(concat("", ["-----BEGIN ", "RSA PRIVATE KEY-----\nMII"])),
	base64.encode(concat("", ["-----BEGIN ", "EC PRIVATE KEY-----\nMII"])),
	base64.encode(concat("", ["-----BEGIN ", "DSA PRIVATE KEY-----\nMII"])),
	base64.encode(concat("", ["-----BEGIN ", "OPENSSH PRIVATE KEY-----\nMII"])),
	base64.encode(concat("", ["-----BEGIN ", "ENCRYPTED PRIVATE KEY-----\nMII"])),
	concat("", ["AKIA", "IOSFODNN7EXAMPLE"]),
	concat("", ["key=ASIA", "IOSFODNN7EXAMPLE;"]),
	concat("", ["ghp_", "0123456789abcdefghijABCDEFGHIJ012345"]),
	concat("", ["github_pat_", "0123456789abcdefghijAB_x"]),
	concat("", ["glpat-", "0123456789abcdefghij"]),
	concat("", ["xoxb-", "0123456789-abc"]),
	concat("", ["sk_live_", "0123456789abcdef"]),
	concat("", ["rk_live_", "0123456789abcdef"]),
	concat("", ["AIza", "0123456789abcdefghijABCDEFGHIJ01234"]),
	concat("", ["Bearer eyJ", "hbGciOiJI.", "eyJzdWIiOiIx.", "c2ln"]),
	"postgres://app:hunter2@db:5432/payments",
	"url=mongodb+srv://app:h%40x@db",
	"redis://:hunter2@cache",
	"postgres://app:$ecret@db/payments",
	"postgres://$(USER):hunter2@db/payments",
	"postgres://app:x$(PASSWORD)@db/payments",
]

test_fails_values_of_credentials if {
	count(secret_values) == 26
	every value in secret_values {
		fields == {"spec.containers[0].env[0].value"} with input as variable("SETTING", value)
	}
}

test_one_finding_where_name_and_value_both_tell if {
	every value in secret_values {
		count(deny) == 1 with input as variable("DB_PASSWORD", value)
		count(deny) == 1 with input as variable("DB_PASSWORD_FILE", value)
	}
}

test_passes_values_of_other_things if {
	values := [
		"https://example.com",
		"https://example.com:8443/a@b",
		"http://app@example.com/",
		"postgres://app:$(DB_PASSWORD)@db:5432/payments",
		"postgres://$(USER):$(DB_PASSWORD)@db:5432/payments",
		"mailto:a@example.com",
		concat("", ["-----BEGIN ", "CERTIFICATE-----\nMII"]),
		concat("", ["-----BEGIN ", "PUBLIC KEY-----\nMII"]),
		base64.encode(concat("", ["-----BEGIN ", "CERTIFICATE-----\nMII"])),
		concat("", ["sk_test_", "0123456789abcdef"]),
		"AKIA",
		"registry.example.com/app@sha256:0123",
	]
	every value in values {
		deny == set() with input as variable("SETTING", value)
	}
}

test_allowed_names_excuse_names_but_not_values if {
	parameters := {"allowed_names": ["TOKEN_TTL"]}
	deny == set() with input as variable("TOKEN_TTL", "60")
		with data.pci_dss.parameters.no_secrets_in_env as parameters
	count(deny) == 1 with input as variable("TOKEN_TTL", "60")
	count(deny) == 1 with input as variable("TOKEN", "60")
		with data.pci_dss.parameters.no_secrets_in_env as parameters
	count(deny) == 1 with input as variable("TOKEN_TTL", "redis://:hunter2@cache")
		with data.pci_dss.parameters.no_secrets_in_env as parameters
}

test_parameters_of_a_wrong_type_excuse_nothing if {
	every parameters in [null, "TOKEN_TTL", [], {}, {"allowed_names": "TOKEN_TTL"}, {"allowed_names": null}] {
		count(deny) == 1 with input as variable("TOKEN_TTL", "60")
			with data.pci_dss.parameters.no_secrets_in_env as parameters
	}
}

test_passes_without_variables if {
	every value in [null, [], [{}], [{"name": "A"}]] {
		deny == set() with input as env(value)
	}
	deny == set() with input as fixtures.pod({"containers": [{"name": "app"}]})
}

test_fails_env_of_a_wrong_type if {
	every value in [false, 0, "", "DB_PASSWORD=hunter2", {}, {"DB_PASSWORD": "hunter2"}] {
		fields == {"spec.containers[0].env"} with input as env(value)
	}
	every value in [null, false, 0, "DB_PASSWORD=hunter2", []] {
		fields == {"spec.containers[0].env[1]"} with input as env([{"name": "A"}, value])
	}
}

test_a_name_of_a_wrong_type_is_read_as_text if {
	count(deny) == 1 with input as variable(["DB_PASSWORD"], "x")
	deny == set() with input as variable(null, "x")
}

test_fails_what_cannot_be_read if {
	every case in fixtures.unreadable_pods {
		every value in fixtures.shapes(fixtures.pod(case.spec)) {
			fields == {case.field} with input as value
		}
	}
	count(deny) == 1 with input as {}
}
