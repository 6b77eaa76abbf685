package a
p[x] if x := 1
p[x].y contains 3 if x := 1
s := {b, a, f(1), "x", [1], {1}, {}, x.y, _, 1.0, 1, {z | z}, null, `a`}
o := {b: 1, a: 2, "z": 1, "a": 3, "a": 4, 1: 2, _: _}
n := -5
m := -x
u if { some x; x = [_, _]; input[_]; (x + 1) == 2; x.y.z(3).a; f().b; [1,2][0]; data.x["if"]; not f(x) with data.a as 4 }
w := 0.1e5 + 100000000000000000000
