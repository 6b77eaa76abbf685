package a
o := {"a": 3, "a": 3, "b": 1, "a": 4, "a": 3}
o2 := {[1,2]: 1, [1]: 2, {1}: 3, {"a": 1}: 4, x.y: 5, x.y: 6}
s := {1, 1.0, 1.00, 2e0, 2}
p if { (x == 1); ((x)); (x + 1); x == 1 == true; not (y == 1); {1, 2}; [1]; {"a": 1}; 1; "x"; null; true }
q := $"{x == 1}" 
q2 := $"{input.y with input.y as 3} {f(x)} {"lit"} {1}{x}"
q3 := $"plain"
q4 := $""
r2 := [x | x = 1; y := 2][0]
every_x if { every x in [1] { x } }
every_y if { every _, x in [1] { x } }
# comment ✓
a["b c"].d := 1
b[1] := 2
c[x.y] := 2 if x := 1
d contains {"a": _}
e.f[_] := 1 if true
f(_, _) := 2
g[_] contains x if some x in [1]
some_x if { some "a", [x, _] in input }
k := x["a"].b["c d"][y][0][_]
v.contains.if := 1
w := data.x.y
w2 := input
w3 := data
u1 if { x := y with input as 1 }
u2 := {x: 1 | x := 1}
u3 := -x
u4 := -1.5
u5 := x - -1
u6 := 1 - 1
u7 := "a" in x
