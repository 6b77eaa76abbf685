//! Terms and conditions, as tables: what they are written like, and of what they are made.
//!
//! Each `#` is a hole, filled by a term of the kind that the letter at its place names: `n` number, `s` string,
//! `a` array, `t` set, `o` object, `c` condition; `i` number or string, `l` array or set, `v` any value, `p` any value
//! that both engines print alike, `b` an array of the base documents, `k` a constant, `<` a comparison. A name with `$` is a variable of
//! its own for each term.

/// A format and the kinds of its holes.
pub type Row = (&'static str, &'static str);

pub const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "-1",
    "10",
    "1.5",
    "input.n",
    "data.d.n",
    "x",
    "input.array[0]",
    "input.object.k",
    "data.d.object.l",
    "data.u.limit",
];

pub const STRINGS: &[&str] = &[
    "\"\"",
    "\"a\"",
    "\"b\"",
    "\"a,b\"",
    "\"Ab\"",
    "\"a b%c\"",
    "input.s",
    "data.d.s",
    "s",
    "input.names[0]",
    "`k`",
    "data.u.greeting",
];

pub const ARRAYS: &[&str] =
    &["[]", "[1]", "[1, 2, 3]", "[3, 1, 2]", "input.array", "data.d.array", "[x, 2]", "input.names"];

pub const SETS: &[&str] = &["set()", "{1}", "{1, 2, 3}", "{x, 2}", "data.t.found", "data.u.small"];

pub const OBJECTS: &[&str] =
    &["{}", "{\"k\": 1}", "{\"k\": 2, \"l\": 3}", "input.object", "data.d.object", "data.t.table", "data.t.tree.leaf"];

pub const CONDITIONS: &[&str] = &[
    "true",
    "input.flag",
    "data.t.holds",
    "x > 0",
    "s == \"a\"",
    "not input.missing",
    "input.flag == false",
    "data.u.enabled",
    "not data.u.enabled",
];

pub const COMPARISONS: &[&str] = &["==", "!=", "<", "<=", ">", ">="];

/// What stands in for something else: constants, because of `known.json`.
pub const CONSTANTS: &[&str] = &["0", "1", "2", "4", "-1", "2.5"];

/// Arrays that are there or not there as a whole.
pub const BASE_ARRAYS: &[&str] = &["input.array", "data.d.array", "data.d.names"];

pub const DEEPER_NUMBERS: &[Row] = &[
    ("(# + #)", "nn"),
    ("(# - #)", "nn"),
    ("(# * #)", "nn"),
    ("(# / 2)", "n"),
    ("(count(#) % 3)", "a"),
    ("count(#)", "a"),
    ("count(#)", "t"),
    ("count(#)", "o"),
    ("count(#)", "s"),
    ("sum(#)", "l"),
    ("max(#)", "l"),
    ("min(#)", "l"),
    ("product(#)", "a"),
    ("abs(#)", "n"),
    ("round(#)", "n"),
    ("ceil(abs(#))", "n"),
    ("floor(abs(#))", "n"),
    ("double(#)", "n"),
    ("kind(#)", "i"),
    ("size(#)", "n"),
    ("data.u.scaled(#, #)", "nn"),
    ("pair([#, #])", "nn"),
    ("field({\"k\": #, \"l\": 1})", "n"),
    ("#[0]", "b"),
    ("object.get(#, #, #)", "osn"),
    ("object.get({\"k\": {\"l\": #}}, [\"k\", \"l\"], #)", "nn"),
    ("indexof(#, \"a\")", "s"),
    ("strings.count(#, \"a\")", "s"),
    ("to_number(sprintf(\"%d\", [count(#)]))", "a"),
    ("bits.and(count(#), 3)", "a"),
    ("bits.or(count(#), 4)", "t"),
    ("bits.xor(count(#), 1)", "s"),
    ("bits.lsh(count(#), 2)", "s"),
    ("bits.rsh(count(#), 1)", "s"),
    ("semver.compare(\"1.2.0\", #)", "s"),
    ("units.parse(\"2Ki\") - #", "n"),
    ("numbers.range(#, #)[0]", "nn"),
    ("json.unmarshal(json.marshal(#))", "n"),
    ("count(walked(#))", "o"),
    ("data.t.tree.leaf[#]", "s"),
    ("data.t.table[#]", "s"),
];

pub const DEEPER_STRINGS: &[Row] = &[
    ("concat(\",\", [#, #])", "ss"),
    ("concat(#, {#, \"z\"})", "ss"),
    ("upper(#)", "s"),
    ("lower(#)", "s"),
    ("trim(#, \"a\")", "s"),
    ("trim_left(#, \"a\")", "s"),
    ("trim_right(#, \"b\")", "s"),
    ("trim_prefix(#, #)", "ss"),
    ("trim_suffix(#, #)", "ss"),
    ("replace(#, \"a\", \"c\")", "s"),
    ("replace(#, \",\", \"c\")", "s"),
    ("strings.reverse(#)", "s"),
    ("strings.replace_n({\"a\": \"x\", \"b\": \"y\"}, #)", "s"),
    ("sprintf(\"%d-%s\", [count(#), #])", "as"),
    ("sprintf(\"%v\", [#])", "p"),
    ("sprintf(\"%5d|%x\", [count(#), count(#)])", "as"),
    ("substring(#, 0, 1)", "s"),
    ("substring(#, 1, -1)", "s"),
    ("json.marshal(#)", "v"),
    ("type_name(#)", "v"),
    ("base64.encode(#)", "s"),
    ("base64.decode(base64.encode(#))", "s"),
    ("base64url.encode(#)", "s"),
    ("hex.encode(#)", "s"),
    ("urlquery.encode(#)", "s"),
    ("trim_space(#)", "s"),
    ("format_int(count(#), 2)", "s"),
    ("split(#, \",\")[0]", "s"),
    ("regex.replace(#, \"[ab]\", \"_\")", "s"),
    ("glob.quote_meta(#)", "s"),
    ("size(#)", "n"),
    ("data.t.words[_]", ""),
];

pub const DEEPER_ARRAYS: &[Row] = &[
    ("[#, #]", "nn"),
    ("array.concat(#, #)", "aa"),
    ("array.slice(#, 0, 2)", "a"),
    ("array.slice(#, #, #)", "ann"),
    ("sort(#)", "l"),
    ("array.reverse(#)", "a"),
    ("[$v | some $v in #; #]", "lc"),
    ("[$v | some $v in #; $v > #]", "ln"),
    ("[$i | some $i, $v in #; $v == #]", "an"),
    ("[$w | some $v in #; $w := $v + #]", "an"),
    ("[$w | $v := #[$i]; $i > 0; $w := [$i, $v]]", "b"),
    ("[$v | $v := #[_]]", "b"),
    ("[[$v, $w] | some $v in #; some $w in #; $v != $w]", "ll"),
    ("[$v | some $k; $v := data.d.object[$k]; $k != #]", "s"),
    ("[$p | walk(#, [$p, $v]); $v == #]", "on"),
    ("numbers.range(0, count(#))", "a"),
    ("split(#, \",\")", "s"),
    ("regex.split(\"[, ]\", #)", "s"),
    ("regex.find_n(\"[a-z]\", #, 2)", "s"),
    ("indexof_n(#, \"a\")", "s"),
    ("[$k | some $k, _ in #]", "o"),
    ("json.unmarshal(json.marshal(#))", "a"),
];

pub const DEEPER_SETS: &[Row] = &[
    ("{#, #}", "nn"),
    ("(# | #)", "tt"),
    ("(# & #)", "tt"),
    ("(# - #)", "tt"),
    ("{$v | some $v in #; #}", "ac"),
    ("{$w | some $v in #; $w := $v * #}", "ln"),
    ("union({#, #})", "tt"),
    ("{$v | some _, $v in #; #}", "oc"),
    ("intersection({#, #})", "tt"),
    ("object.keys(#)", "o"),
    ("{$v | $v := #[_]; $v in #}", "bl"),
    ("{$v | some $v in data.t.tree.deep[#]}", "s"),
    ("walked(#)", "o"),
    ("graph.reachable({\"a\": [\"b\"], \"b\": [\"c\"], \"c\": []}, {#})", "s"),
];

pub const DEEPER_OBJECTS: &[Row] = &[
    ("{\"k\": #, \"m\": #}", "nn"),
    ("{#: #}", "sn"),
    ("object.union(#, #)", "oo"),
    ("object.union_n([#, #])", "oo"),
    ("object.remove(#, [#])", "os"),
    ("{$k: $w | some $k, $v in #; $w := $v + #}", "on"),
    ("{$k: $v | some $k in [\"k\", \"m\"]; $v := #[$k]}", "o"),
    ("object.filter(#, [#])", "os"),
    ("json.filter(#, [\"k\"])", "o"),
    ("json.remove(#, [\"l\"])", "o"),
    ("json.patch(#, [{\"op\": \"add\", \"path\": \"/z\", \"value\": #}])", "on"),
    ("json.unmarshal(json.marshal(#))", "o"),
];

pub const DEEPER_CONDITIONS: &[Row] = &[
    ("# # #", "n<n"),
    ("# # #", "s<s"),
    ("# == #", "aa"),
    ("# != #", "tt"),
    ("# # #", "o<o"),
    ("# in #", "nl"),
    ("count([1 | $a := #; $b := #; not $a > $b]) == 1", "nn"),
    ("count([1 | $a := #; $b := #; not $a in $b]) == 1", "nt"),
    ("count([1 | [$a, $b] = [#, #]; $a <= $b]) == 1", "nn"),
    ("startswith(#, #)", "ss"),
    ("contains(#, #)", "ss"),
    ("endswith(#, #)", "ss"),
    ("strings.any_prefix_match(#, [#, #])", "sss"),
    ("strings.any_suffix_match([#, #], #)", "sss"),
    ("regex.match(`^[a-z]+,?`, #)", "s"),
    ("regex.is_valid(#)", "s"),
    ("glob.match(\"a*\", [], #)", "s"),
    ("object.subset(#, #)", "oo"),
    ("net.cidr_contains(\"10.0.0.0/8\", sprintf(\"10.%d.0.1\", [count(#)]))", "a"),
    ("semver.is_valid(#)", "s"),
    ("json.is_valid(#)", "s"),
    ("base64.is_valid(#)", "s"),
    ("is_string(#)", "v"),
    ("is_object(#)", "v"),
    ("is_set(#)", "v"),
    ("is_number(#)", "n"),
    ("count({$v | some $v in #; #}) > 0", "lc"),
    ("every $v in # { $v > # }", "ln"),
    ("every _, $v in # { $v != # }", "on"),
    ("every $k, $v in # { $k != \"l\"; $v > # }", "on"),
    ("every $i, $v in # { $i >= 0; $v != # }", "an"),
    ("every $v in # { some $w in #; $w >= $v }", "ll"),
    ("holds with input.flag as count(#) > 1", "b"),
    ("data.t.first == # with input.n as #", "nk"),
    ("data.t.first > 0 with data.d.n as #", "k"),
    ("data.u.limit == # with input.n as # with data.d.n as #", "nkk"),
    ("data.u.enabled with input as {\"flag\": true, \"n\": #}", "k"),
    ("count(data.t.found) > 1 with input.array as [#, #]", "kk"),
    ("double(#) == # with double as halve", "nn"),
    ("size(#) == \"none\" with size as unsized", "n"),
    ("count([1 | some $v in #; $v == #]) > 0", "ln"),
    ("data.t.tree.deep[#][_] > 0", "s"),
];
