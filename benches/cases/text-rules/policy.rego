package text

violations contains name if {
	some name, value in input.labels
	not regex.match(`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`, value)
}

violations contains host if {
	some host in input.hosts
	not glob.match("*.example.com", ["."], host)
}

violations contains upper(part) if {
	some part in split(input.image, "/")
	endswith(trim_space(part), ":latest")
}
