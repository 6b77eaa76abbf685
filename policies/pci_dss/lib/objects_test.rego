package pci_dss.lib.objects_test

import data.pci_dss.lib.fixtures_test as fixtures
import data.pci_dss.lib.objects

manifest := fixtures.pod(fixtures.good_pod)

test_finds_the_object_in_every_shape if {
	every value in fixtures.shapes(manifest) {
		objects.under_review == {manifest} with input as value
		objects.unreadable == set() with input as value
	}
}

test_finds_every_item_of_a_list if {
	value := {"kind": "List", "items": [manifest, {"kind": "Namespace"}]}
	objects.under_review == {manifest, {"kind": "Namespace"}} with input as value
}

test_accepts_an_empty_list if {
	objects.unreadable == set() with input as {"kind": "List", "items": []}
}

test_a_wrapper_inside_a_manifest_does_not_hide_it if {
	every wrapper in ["request", "review"] {
		value := object.union(manifest, {wrapper: {"operation": "DELETE", "object": {"kind": "ConfigMap"}}})
		objects.under_review == {value, {"kind": "ConfigMap"}} with input as value
	}
}

test_items_inside_a_manifest_do_not_hide_it if {
	value := object.union(manifest, {"items": []})
	objects.under_review == {value} with input as value
}

test_reports_an_input_without_an_object if {
	values := [
		{},
		[],
		null,
		"Pod",
		{"spec": {}},
		{"kind": null, "spec": {}},
		{"kind": 1},
		{"kind": "AdmissionReview"},
		{"kind": "AdmissionReview", "request": {"operation": "CREATE", "object": null}},
		{"request": {"operation": "CREATE"}},
		{"request": "abc"},
		{"review": {"object": "abc"}},
	]
	every value in values {
		count(objects.unreadable) == 1 with input as value
	}
}

test_reports_an_object_without_a_kind if {
	values := [
		{"kind": ""},
		{"request": {"object": {"spec": {}}}},
		{"review": {"object": {"kind": ["Pod"]}}},
		{"kind": "PodList", "items": [{"spec": {}}]},
	]
	every value in values {
		objects.unreadable[_].reason == "kind is missing or not a name" with input as value
	}
}

test_reports_items_that_are_not_objects if {
	objects.unreadable[_].field == "items[1]" with input as {"kind": "List", "items": [manifest, "abc"]}
}

test_reports_a_list_in_a_list if {
	value := {"kind": "List", "items": [{"kind": "PodList", "items": [manifest]}]}
	count(objects.unreadable) == 1 with input as value
}

test_accepts_a_deletion if {
	every wrapper in ["request", "review"] {
		objects.unreadable == set() with input as {wrapper: {"operation": "DELETE", "object": null}}
	}
}
