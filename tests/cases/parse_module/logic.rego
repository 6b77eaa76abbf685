package a
import future.keywords.not
import rego.v2
p if { not { x; y } }
q if { not x }
q2 if { not {x} }
r if { x and y }
r2 if { {x; z} or {y} }
r3 if { (x) or y with input as 1 }
t := $`raw {x} z`
e = 3 if false else = 4 if true
e2(x) if x else := 5
