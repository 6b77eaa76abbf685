package a
p := 1 if { x } else = 2 if { y } else if { z }
a.b := 1
a.b := 1 if true
a.b if true
a.b.c if true
a.f(x) := 1 if true
a.f(x) if true
a.f(x) := 1
b[x] := 1 if x := 1
default a.b := 1
c["x"] if true
c["x"] := 3 if true
f(x) := {y | y := x}
g := {1, 2} if true
h := 1 if { {1} }
i if {1} == {1}
