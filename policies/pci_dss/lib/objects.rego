# METADATA
# title: The Kubernetes objects under review
# description: >-
#   Finds the objects in an input, whichever shape it has: the bare object (or a List of them), an AdmissionReview
#   (`input.request.object`) or Gatekeeper's review (`input.review.object`). All places are read, so that a field
#   added to a manifest cannot hide the manifest itself.
package pci_dss.lib.objects

# METADATA
# description: Every object to check.
under_review contains input if {
	is_string(input.kind)
	input.kind != "AdmissionReview"
	not is_list
}

under_review contains item if {
	is_list
	some item in input.items
	is_object(item)
}

under_review contains input.request.object if is_object(input.request.object)

under_review contains input.review.object if is_object(input.review.object)

# METADATA
# description: >-
#   Why an input, or a part of it, cannot be checked at all: `object`, `field` and `reason`. What is not understood is
#   reported, never passed.
unreadable contains {"object": {}, "field": "kind", "reason": "the input holds no Kubernetes object"} if {
	count(under_review) == 0
	not is_empty_list
	not is_deletion
}

unreadable contains {"object": manifest, "field": "kind", "reason": "kind is missing or not a name"} if {
	some manifest in under_review
	not has_kind(manifest)
}

# Lists do not nest: Rego has no recursion, and neither kubectl nor the API server writes them so.
unreadable contains {"object": manifest, "field": "items", "reason": "a List inside a List is not supported"} if {
	is_list
	some manifest in under_review
	is_list_of_objects(manifest)
}

unreadable contains {"object": {}, "field": field, "reason": "the item of the List is not an object"} if {
	is_list
	some index, item in input.items
	not is_object(item)
	field := sprintf("items[%d]", [index])
}

is_list if is_list_of_objects(input)

is_list_of_objects(value) if {
	is_string(value.kind)
	endswith(value.kind, "List")
	is_array(value.items)
}

has_kind(manifest) if {
	is_string(manifest.kind)
	manifest.kind != ""
}

is_empty_list if {
	is_list
	count(input.items) == 0
}

# A deletion carries no new object, so there is nothing to check.
is_deletion if input.request.operation == "DELETE"

is_deletion if input.review.operation == "DELETE"
