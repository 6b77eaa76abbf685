//! Looking into strings and cutting them. Positions count characters (Go's runes), not bytes.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity, letters, search};
use crate::value::Value;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "contains",
        signature: "(haystack: string, needle: string) -> result: boolean",
        doc: "Tells whether `needle` stands in `haystack`.",
        example: ("contains(\"policy\", \"lic\")", "true"),
        purity: Purity::Pure,
        call: |_, args| compare(args, |text, part| text.contains(part)),
    },
    Builtin {
        name: "startswith",
        signature: "(search: string, base: string) -> result: boolean",
        doc: "Tells whether `search` begins with `base`.",
        example: ("startswith(\"policy\", \"pol\")", "true"),
        purity: Purity::Pure,
        call: |_, args| compare(args, |text, part| text.starts_with(part)),
    },
    Builtin {
        name: "endswith",
        signature: "(search: string, base: string) -> result: boolean",
        doc: "Tells whether `search` ends with `base`.",
        example: ("endswith(\"policy\", \"icy\")", "true"),
        purity: Purity::Pure,
        call: |_, args| compare(args, |text, part| text.ends_with(part)),
    },
    Builtin {
        name: "indexof",
        signature: "(haystack: string, needle: string) -> output: number",
        doc: "Returns the position of the first `needle` in `haystack`, counted in characters from 0; -1 if there is \
              none.",
        example: ("indexof(\"añoja\", \"o\")", "2"),
        purity: Purity::Pure,
        call: indexof,
    },
    Builtin {
        name: "indexof_n",
        signature: "(haystack: string, needle: string) -> output: array[number]",
        doc: "Returns the positions of all `needle`s in `haystack`, overlapping ones too.",
        example: ("indexof_n(\"banana\", \"ana\")", "[1, 3]"),
        purity: Purity::Pure,
        call: indexof_n,
    },
    Builtin {
        name: "lower",
        signature: "(x: string) -> y: string",
        doc: "Returns the string in lower case.",
        example: ("lower(\"ÀB\")", "\"àb\""),
        purity: Purity::Pure,
        call: |context, args| context.string(&letters::to_lower(operand::string(args, 1)?)),
    },
    Builtin {
        name: "upper",
        signature: "(x: string) -> y: string",
        doc: "Returns the string in upper case.",
        example: ("upper(\"àb\")", "\"ÀB\""),
        purity: Purity::Pure,
        call: |context, args| context.string(&letters::to_upper(operand::string(args, 1)?)),
    },
    Builtin {
        name: "split",
        signature: "(x: string, delimiter: string) -> ys: array[string]",
        doc: "Returns the parts of `x` between the delimiters; with the empty delimiter its characters.",
        example: ("split(\"a/b/c\", \"/\")", "[\"a\", \"b\", \"c\"]"),
        purity: Purity::Pure,
        call: split,
    },
    Builtin {
        name: "strings.split_n",
        signature: "(x: string, delimiter: string, n: number) -> ys: array[string]",
        doc: "Returns the first `n` parts of `x` between the delimiters; with a negative `n` the last ones.",
        example: ("strings.split_n(\"a/b/c\", \"/\", -2)", "[\"b\", \"c\"]"),
        purity: Purity::Pure,
        call: split_n,
    },
    Builtin {
        name: "substring",
        signature: "(value: string, offset: number, length: number) -> output: string",
        doc: "Returns `length` characters of the string from `offset` on, or as many as there are; with a negative \
              `length` all. The offset must not be negative.",
        example: ("substring(\"política\", 4, 3)", "\"tic\""),
        purity: Purity::Pure,
        call: substring,
    },
    Builtin {
        name: "trim",
        signature: "(value: string, cutset: string) -> output: string",
        doc: "Returns the string without the characters of `cutset` at both ends.",
        example: ("trim(\"--a-b-\", \"-\")", "\"a-b\""),
        purity: Purity::Pure,
        call: |_, args| cut(args, |text, set| text.trim_matches(|letter| set.binary_search(&letter).is_ok())),
    },
    Builtin {
        name: "trim_left",
        signature: "(value: string, cutset: string) -> output: string",
        doc: "Returns the string without the characters of `cutset` at its beginning.",
        example: ("trim_left(\"--a-\", \"-\")", "\"a-\""),
        purity: Purity::Pure,
        call: |_, args| cut(args, |text, set| text.trim_start_matches(|letter| set.binary_search(&letter).is_ok())),
    },
    Builtin {
        name: "trim_right",
        signature: "(value: string, cutset: string) -> output: string",
        doc: "Returns the string without the characters of `cutset` at its end.",
        example: ("trim_right(\"-a--\", \"-\")", "\"-a\""),
        purity: Purity::Pure,
        call: |_, args| cut(args, |text, set| text.trim_end_matches(|letter| set.binary_search(&letter).is_ok())),
    },
    Builtin {
        name: "trim_prefix",
        signature: "(value: string, prefix: string) -> output: string",
        doc: "Returns the string without `prefix` at its beginning, if it stands there.",
        example: ("trim_prefix(\"v1.2\", \"v\")", "\"1.2\""),
        purity: Purity::Pure,
        call: |_, args| {
            let (text, prefix) = (operand::string(args, 1)?, operand::string(args, 2)?);
            Ok(Value::string(text.strip_prefix(prefix).unwrap_or(text)))
        },
    },
    Builtin {
        name: "trim_suffix",
        signature: "(value: string, suffix: string) -> output: string",
        doc: "Returns the string without `suffix` at its end, if it stands there.",
        example: ("trim_suffix(\"a.rego\", \".rego\")", "\"a\""),
        purity: Purity::Pure,
        call: |_, args| {
            let (text, suffix) = (operand::string(args, 1)?, operand::string(args, 2)?);
            Ok(Value::string(text.strip_suffix(suffix).unwrap_or(text)))
        },
    },
    Builtin {
        name: "trim_space",
        signature: "(value: string) -> output: string",
        doc: "Returns the string without white space at both ends.",
        example: ("trim_space(\" a b\\n\")", "\"a b\""),
        purity: Purity::Pure,
        call: |_, args| Ok(Value::string(operand::string(args, 1)?.trim())),
    },
    Builtin {
        name: "strings.reverse",
        signature: "(x: string) -> y: string",
        doc: "Returns the string with its characters in reverse order.",
        example: ("strings.reverse(\"añb\")", "\"bña\""),
        purity: Purity::Pure,
        call: |context, args| context.string(&operand::string(args, 1)?.chars().rev().collect::<String>()),
    },
    Builtin {
        name: "strings.count",
        signature: "(search: string, substring: string) -> output: number",
        doc: "Returns how often `substring` stands in `search`, without overlaps. The empty string stands before each \
              character and at the end.",
        example: ("strings.count(\"cheese\", \"e\")", "3"),
        purity: Purity::Pure,
        call: |_, args| {
            let (text, part) = (operand::string(args, 1)?, operand::string(args, 2)?);
            Ok(Value::from_usize(text.matches(part).count()))
        },
    },
    Builtin {
        name: "strings.any_prefix_match",
        signature: "(search: string | array[string] | set[string], base: string | array[string] | set[string]) -> \
                    result: boolean",
        doc: "Tells whether any of the `search` strings begins with any of the `base` strings.",
        example: ("strings.any_prefix_match([\"a/b\", \"c\"], {\"x/\", \"a/\"})", "true"),
        purity: Purity::Pure,
        call: |_, args| any_affix_match(args, false),
    },
    Builtin {
        name: "strings.any_suffix_match",
        signature: "(search: string | array[string] | set[string], base: string | array[string] | set[string]) -> \
                    result: boolean",
        doc: "Tells whether any of the `search` strings ends with any of the `base` strings.",
        example: ("strings.any_suffix_match(\"a.rego\", [\".json\", \".rego\"])", "true"),
        purity: Purity::Pure,
        call: |_, args| any_affix_match(args, true),
    },
];

fn compare<'a>(args: &[Value<'a>], holds: impl Fn(&str, &str) -> bool) -> Outcome<'a> {
    Ok(Value::Bool(holds(operand::string(args, 1)?, operand::string(args, 2)?)))
}

/// The operands of a search; OPA refuses to look for nothing.
fn searched<'a>(args: &[Value<'a>]) -> Result<(&'a str, &'a str), Failure> {
    match (operand::string(args, 1)?, operand::string(args, 2)?) {
        (_, "") => Err(Failure::error("empty search character")),
        pair => Ok(pair),
    }
}

fn indexof<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (text, part) = searched(args)?;
    Ok(match text.find(part).and_then(|at| text.get(..at)) {
        Some(before) => Value::from_usize(before.chars().count()),
        None => Value::Int(-1),
    })
}

fn indexof_n<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (text, part) = searched(args)?;
    let mut found = bumpalo::collections::Vec::new_in(context.arena);
    let (mut bytes, mut letters) = (0, 0);
    for at in search::occurrences(text.as_bytes(), part.as_bytes()) {
        letters += text.get(bytes..at).map_or(0, |between| between.chars().count());
        bytes = at;
        found.push(Value::from_usize(letters));
    }
    Ok(Value::Array(found.into_bump_slice()))
}

/// The text's parts between the delimiters. Unlike Rust's `split`, an empty delimiter gives the characters alone.
fn parts<'t>(text: &'t str, delimiter: &str, count: usize) -> Vec<&'t str> {
    if !delimiter.is_empty() {
        return text.split(delimiter).take(count).collect();
    }
    let ends = text.char_indices().map(|(at, letter)| (at, at + letter.len_utf8()));
    ends.take(count).filter_map(|(start, end)| text.get(start..end)).collect()
}

fn strings<'a>(context: &Context<'a, '_>, parts: &[&'a str]) -> Outcome<'a> {
    context.check_size(size_of_val(parts))?;
    Ok(Value::Array(context.arena.alloc_slice_fill_iter(parts.iter().map(|part| Value::string(part)))))
}

fn split<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (text, delimiter) = (operand::string(args, 1)?, operand::string(args, 2)?);
    strings(context, &parts(text, delimiter, usize::MAX))
}

fn split_n<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (text, delimiter) = (operand::string(args, 1)?, operand::string(args, 2)?);
    let count = operand::integer(args, 3)?;
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if count >= 0 {
        return strings(context, &parts(text, delimiter, wanted));
    }
    let all = parts(text, delimiter, usize::MAX);
    strings(context, all.get(all.len().saturating_sub(wanted)..).unwrap_or(&[]))
}

fn substring<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let text = operand::string(args, 1)?;
    let (offset, length) = (operand::integer(args, 2)?, operand::integer(args, 3)?);
    let offset = usize::try_from(offset).map_err(|_| Failure::error("negative offset"))?;
    let skip = |text: &'a str, letters: usize| {
        let at = if text.is_ascii() { Some(letters) } else { text.char_indices().nth(letters).map(|(at, _)| at) };
        at.filter(|at| *at < text.len()).unwrap_or(text.len())
    };
    let rest = text.get(skip(text, offset)..).unwrap_or("");
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    Ok(Value::string(rest.get(..skip(rest, length)).unwrap_or(rest)))
}

fn cut<'a>(args: &[Value<'a>], trim: impl Fn(&'a str, &[char]) -> &'a str) -> Outcome<'a> {
    let text = operand::string(args, 1)?;
    let mut set: Vec<char> = operand::string(args, 2)?.chars().collect();
    // Sorted, so that a long set costs little for each character of the text.
    set.sort_unstable();
    set.dedup();
    Ok(Value::string(trim(text, &set)))
}

/// An operand that is a string or a collection of strings.
fn one_or_many<'a>(args: &[Value<'a>], position: usize) -> Result<Vec<&'a str>, Failure> {
    let value = operand::any(args, position)?;
    let items = match &value {
        Value::String { text, .. } => return Ok(vec![*text]),
        Value::Array(items) => items,
        Value::Set(set) => set.items(),
        other => return Err(Failure::operand(position, other, &["string", "set", "array"])),
    };
    let text =
        |item: &Value<'a>| item.as_str().ok_or_else(|| Failure::element(position, value.kind().name(), item, "string"));
    items.iter().map(text).collect()
}

fn any_affix_match<'a>(args: &[Value<'a>], suffix: bool) -> Outcome<'a> {
    let (texts, affixes) = (one_or_many(args, 1)?, one_or_many(args, 2)?);
    if let [text] = texts.as_slice() {
        let holds = |affix: &&str| if suffix { text.ends_with(affix) } else { text.starts_with(affix) };
        return Ok(Value::Bool(affixes.iter().any(holds)));
    }
    let turn = |text: &str| -> Vec<u8> { if suffix { text.bytes().rev().collect() } else { text.bytes().collect() } };
    let mut texts: Vec<Vec<u8>> = texts.into_iter().map(turn).collect();
    texts.sort_unstable();
    // The texts that begin with a prefix stand together, right where the prefix itself would.
    Ok(Value::Bool(affixes.into_iter().any(|affix| {
        let affix = turn(affix);
        let at = texts.partition_point(|text| *text < affix);
        texts.get(at).is_some_and(|text| text.starts_with(&affix))
    })))
}
