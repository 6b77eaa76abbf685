package routes

default allow := false

allow if {
	input.method == "GET"
	["orders", _] = input.path
	"sales" in input.groups
}

allow if {
	input.method == "POST"
	["orders", _] = input.path
	"sales" in input.groups
}

allow if {
	input.method == "GET"
	["stock", _] = input.path
	"store" in input.groups
}

allow if {
	input.method == "PUT"
	["stock", _] = input.path
	"store" in input.groups
}

allow if {
	input.method == "GET"
	["people", _] = input.path
	"staff" in input.groups
}

allow if {
	input.method == "DELETE"
	["people", _] = input.path
	"admin" in input.groups
}

allow if {
	input.method == "GET"
	["reports", _] = input.path
	"board" in input.groups
}

allow if {
	input.method == "POST"
	["reports", _] = input.path
	"audit" in input.groups
}

allow if {
	startswith(input.host, "status.")
	input.method == "GET"
}
