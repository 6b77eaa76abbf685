package documents

default allow := false

allow if {
	some role in data.members[input.user]
	input.action in data.grants[role]
	not archived
}

allow if input.user == data.owners[input.document]

archived if input.document in data.archive
