package expenses

# Who may spend how much stands in the data: {"limits": {role: amount}, "embargoed": [country, ..]}.

default allow := false

allow if {
	input.amount <= data.limits[input.role]
	not input.country in data.embargoed
}

allow if {
	input.role == "director"
	input.approved_by != input.user
	input.amount < 1000000
}
