# Who may ask the service for what. The layer asks for `decision`: whether the request is allowed, who asks, as far as a
# good token says so, and why it is refused.
package service.authz

decision := {"allow": allow, "caller": caller, "reasons": reasons}

default allow := false

allow if {
	input.method == "GET"
	input.path == ["health"]
}

# Everybody may read their own account, and auditors may read all.
allow if {
	reads_account
	input.path[1] == caller
}

allow if {
	reads_account
	"auditor" in claims.roles
}

allow if {
	input.method == "POST"
	input.path == ["accounts", caller, "close"]
}

reads_account if {
	input.method in {"GET", "HEAD"}
	input.path[0] == "accounts"
	count(input.path) == 2
}

default caller := null

caller := claims.sub if is_string(claims.sub)

# What a token says that one of the known keys signed for this service and that has not run out. A token that never runs
# out is not taken.
claims := said if {
	[is_good, _, said] := io.jwt.decode_verify(input.token, {
		"cert": json.marshal(data.keys),
		"alg": "EdDSA",
		"iss": "https://issuer.example",
		"aud": "accounts",
	})
	is_good
	is_number(said.exp)
}

reasons contains "there is no token" if {
	not allow
	not input.token
}

reasons contains "the token is not signed by a known key, not for this service, or has run out" if {
	not allow
	input.token
	not claims
}

reasons contains "the token names nobody" if {
	not allow
	claims
	caller == null
}

reasons contains reason if {
	not allow
	is_string(caller)
	reason := sprintf("%s may not %s /%s", [caller, input.method, concat("/", input.path)])
}
