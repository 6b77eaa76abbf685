# METADATA
# title: pkg title
# scope: package
package foo.bar["x y"].z

import rego.v1
import data.a as b
import input.x.y

# a comment
default allow := false

default f(_) := 1

# METADATA
# title: allow rule
# description: d
# related_resources:
# - https://x.example/y
# authors:
# - A B <a@b.c>
# organizations: [o]
# schemas:
# - input: schema.x
# - data.foo: {type: string}
# custom:
#   a: 1
# entrypoint: true
allow if {
	input.x == 1 # trailing
	not input.y
	some i, v in input.arr
	every k, w in input.z { w > 1; k }
	x := [y | y := input.q[_]]
	o := {"a": 1.50, "b": {1, "two", null, true}, "c": {k2: v2 | v2 := input[k2]}}
	s := {z | z = data.foo[i][_].bar}
	f(3) == 4 with input.x as 3 with data.z as {"a": "b"}
	`raw\n` != "esc\n\u00e9"
	x.y[0].z
	-1 < 2 + 3 * 4 - 5 / 6 % 7
	a.b.c(1, [2])
	x & y | z
	"a" in {"a"}
	"a", 2 in ["b"]
	$"hello {input.x} and {1 + 2}"
	some q, r
	print("x", q)
} else := 3 if { false } else := 4

p contains x if x := 1
p contains "lit"
q[x] := 1 if x := 2
r.a.b.c := 7
r.a[x].d contains 8 if x := input.q
g(a, [b, 1], {"c": d}) := a + b
s := {}
t := set()
u if input.foo
v := 1e100
