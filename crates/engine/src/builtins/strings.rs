//! Looking into strings and cutting them. Positions count characters (Go's runes), not bytes.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity, letters, search};
use crate::value::Value;
use memchr::{memchr_iter, memmem};
use wide::u8x16;

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
        call: |context, args| recase(context, args, letters::Case::Lower),
    },
    Builtin {
        name: "upper",
        signature: "(x: string) -> y: string",
        doc: "Returns the string in upper case.",
        example: ("upper(\"àb\")", "\"ÀB\""),
        purity: Purity::Pure,
        call: |context, args| recase(context, args, letters::Case::Upper),
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
        call: |context, args| cut(context, args, |text, set| text.trim_matches(|letter| set.has(letter))),
    },
    Builtin {
        name: "trim_left",
        signature: "(value: string, cutset: string) -> output: string",
        doc: "Returns the string without the characters of `cutset` at its beginning.",
        example: ("trim_left(\"--a-\", \"-\")", "\"a-\""),
        purity: Purity::Pure,
        call: |context, args| cut(context, args, |text, set| text.trim_start_matches(|letter| set.has(letter))),
    },
    Builtin {
        name: "trim_right",
        signature: "(value: string, cutset: string) -> output: string",
        doc: "Returns the string without the characters of `cutset` at its end.",
        example: ("trim_right(\"-a--\", \"-\")", "\"-a\""),
        purity: Purity::Pure,
        call: |context, args| cut(context, args, |text, set| text.trim_end_matches(|letter| set.has(letter))),
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
        call: |context, args| {
            let text = operand::string(args, 1)?;
            context.check_size(text.len())?;
            let mut reversed = bumpalo::collections::String::with_capacity_in(text.len(), context.arena);
            reversed.extend(text.chars().rev());
            Ok(Value::string(reversed.into_bump_str()))
        },
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
        call: |context, args| any_affix_match(context, args, false),
    },
    Builtin {
        name: "strings.any_suffix_match",
        signature: "(search: string | array[string] | set[string], base: string | array[string] | set[string]) -> \
                    result: boolean",
        doc: "Tells whether any of the `search` strings ends with any of the `base` strings.",
        example: ("strings.any_suffix_match(\"a.rego\", [\".json\", \".rego\"])", "true"),
        purity: Purity::Pure,
        call: |context, args| any_affix_match(context, args, true),
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
    let found = memmem::find(text.as_bytes(), part.as_bytes());
    Ok(match found.and_then(|at| text.get(..at)) {
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

fn recase<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>], case: letters::Case) -> Outcome<'a> {
    let value = operand::any(args, 1)?;
    let text = operand::string(args, 1)?;
    context.check_size(text.len())?;
    if letters::is_in_case(text, case) {
        return Ok(value);
    }
    Ok(Value::string(letters::recase_in(context.arena, text, case)))
}

/// How many parts the text has between the delimiters.
fn count_parts(text: &str, delimiter: &str) -> usize {
    match delimiter.as_bytes() {
        [] => text.chars().count(),
        [byte] => 1 + memchr_iter(*byte, text.as_bytes()).count(),
        _ => 1 + memmem::find_iter(text.as_bytes(), delimiter).count(),
    }
}

/// The `kept` parts of the text between the delimiters that follow the first `skipped` ones. Unlike Rust's `split`, an
/// empty delimiter gives the characters alone.
fn parts<'a>(context: &Context<'a, '_>, text: &'a str, delimiter: &str, skipped: usize, kept: usize) -> Outcome<'a> {
    context.check_size(kept.saturating_mul(size_of::<&str>()))?;
    if kept == 0 {
        return Ok(Value::Array(&[]));
    }
    let mut items = bumpalo::collections::Vec::with_capacity_in(kept, context.arena);
    match delimiter.as_bytes() {
        [] => {
            let ends = text.char_indices().map(|(at, letter)| (at, at + letter.len_utf8()));
            let letters = ends.skip(skipped).take(kept).filter_map(|(start, end)| text.get(start..end));
            items.extend(letters.map(Value::string));
        }
        [byte] if byte.is_ascii() => {
            let wanted = skipped..skipped.saturating_add(kept);
            let mut start = 0;
            for (number, end) in memchr_iter(*byte, text.as_bytes()).chain([text.len()]).enumerate() {
                if wanted.contains(&number) {
                    items.push(Value::string(text.get(start..end).unwrap_or_default()));
                }
                start = end + 1;
            }
        }
        delimiter => {
            let ends = memmem::find_iter(text.as_bytes(), delimiter).chain([text.len()]);
            let parts = ends.scan(0, |start, end| {
                let part = text.get(*start..end);
                *start = end + delimiter.len();
                part
            });
            items.extend(parts.skip(skipped).take(kept).map(Value::string));
        }
    }
    Ok(Value::Array(items.into_bump_slice()))
}

/// A bit for each place of a short text at which a byte stands.
#[inline]
fn places(text: &[u8], byte: u8) -> Option<u64> {
    let wanted = u8x16::splat(byte);
    let (chunks, rest) = text.as_chunks::<16>();
    if text.len() > 64 {
        return None;
    }
    let among = |chunk: &[u8; 16]| u64::from(u8x16::new(*chunk).simd_eq(wanted).to_bitmask());
    let found = chunks.iter().zip([0, 16, 32, 48]).fold(0, |found, (chunk, at)| found | among(chunk) << at);
    // The last bytes are looked at once more with those before them, or one by one.
    let end = match text.last_chunk() {
        Some(chunk) => among(chunk) << (text.len() - 16),
        None => rest.iter().zip(0..).fold(0, |found, (other, at)| found | u64::from(*other == byte) << at),
    };
    Some(found | end)
}

/// The parts of a short text between delimiters of one byte, of which `places` has a bit for each.
fn short_parts<'a>(context: &Context<'a, '_>, text: &'a str, mut places: u64) -> Outcome<'a> {
    let count = places.count_ones() as usize + 1;
    context.check_size(count * size_of::<&str>())?;
    let mut rest = Some(text);
    let mut done = 0;
    let parts = context.arena.alloc_slice_fill_with(count, |_| {
        let end = places.trailing_zeros() as usize;
        places &= places.wrapping_sub(1);
        let (part, after) = match rest.and_then(|rest| rest.split_at_checked(end - done)) {
            Some((part, after)) => (part, after.get(1..)),
            // The last one.
            None => (rest.unwrap_or_default(), None),
        };
        (rest, done) = (after, end + 1);
        Value::string(part)
    });
    Ok(Value::Array(parts))
}

fn split<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (text, delimiter) = (operand::string(args, 1)?, operand::string(args, 2)?);
    if let [byte] = delimiter.as_bytes()
        && byte.is_ascii()
        && let Some(places) = places(text.as_bytes(), *byte)
    {
        return short_parts(context, text, places);
    }
    parts(context, text, delimiter, 0, count_parts(text, delimiter))
}

fn split_n<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (text, delimiter) = (operand::string(args, 1)?, operand::string(args, 2)?);
    let count = operand::integer(args, 3)?;
    let all = count_parts(text, delimiter);
    let kept = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX).min(all);
    parts(context, text, delimiter, if count < 0 { all - kept } else { 0 }, kept)
}

fn substring<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let text = operand::string(args, 1)?;
    let (offset, length) = (operand::integer(args, 2)?, operand::integer(args, 3)?);
    let offset = usize::try_from(offset).map_err(|_| Failure::error("negative offset"))?;
    let is_ascii = text.is_ascii();
    let skip = |text: &'a str, letters: usize| {
        let at = if is_ascii { Some(letters) } else { text.char_indices().nth(letters).map(|(at, _)| at) };
        at.filter(|at| *at < text.len()).unwrap_or(text.len())
    };
    let rest = text.get(skip(text, offset)..).unwrap_or("");
    Ok(Value::string(match usize::try_from(length) {
        Ok(length) => rest.get(..skip(rest, length)).unwrap_or(rest),
        Err(_) => rest,
    }))
}

/// Characters, for telling whether one is among them.
struct Letters<'a> {
    /// Those of ASCII, one bit each.
    ascii: u128,
    /// The others, sorted, so that a long set costs little for each character of a text.
    others: &'a [char],
}

impl<'a> Letters<'a> {
    fn new(context: &Context<'a, '_>, text: &str) -> Self {
        let ascii = text.bytes().filter(u8::is_ascii).fold(0, |set, byte| set | (1 << byte));
        if text.is_ascii() {
            return Letters { ascii, others: &[] };
        }
        let mut others = bumpalo::collections::Vec::new_in(context.arena);
        others.extend(text.chars().filter(|letter| !letter.is_ascii()));
        others.sort_unstable();
        others.dedup();
        Letters { ascii, others: others.into_bump_slice() }
    }

    #[inline]
    fn has(&self, letter: char) -> bool {
        if letter.is_ascii() {
            self.ascii & (1 << u32::from(letter)) != 0
        } else {
            self.others.binary_search(&letter).is_ok()
        }
    }
}

fn cut<'a>(
    context: &mut Context<'a, '_>,
    args: &[Value<'a>],
    trim: impl Fn(&'a str, &Letters<'a>) -> &'a str,
) -> Outcome<'a> {
    let text = operand::string(args, 1)?;
    let set = Letters::new(context, operand::string(args, 2)?);
    Ok(Value::string(trim(text, &set)))
}

/// The strings of an operand that is one or a collection of them.
fn one_or_many<'v, 'a>(args: &'v [Value<'a>], position: usize) -> Result<&'v [Value<'a>], Failure> {
    operand::any(args, position)?;
    let Some(value) = args.get(position - 1) else { return Ok(&[]) };
    let items = match value {
        Value::String { .. } => return Ok(std::slice::from_ref(value)),
        Value::Array(items) => items,
        Value::Set(set) => set.items(),
        other => return Err(Failure::operand(position, other, &["string", "set", "array"])),
    };
    match items.iter().find(|item| item.as_str().is_none()) {
        Some(wrong) => Err(Failure::element(position, value.kind().name(), wrong, "string")),
        None => Ok(items),
    }
}

/// From so many pairs on, texts are sorted and searched instead of tried one by one.
const PAIRS: usize = 64;

fn any_affix_match<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>], suffix: bool) -> Outcome<'a> {
    let (texts, affixes) = (one_or_many(args, 1)?, one_or_many(args, 2)?);
    let holds = |text: &str, affix: &str| if suffix { text.ends_with(affix) } else { text.starts_with(affix) };
    if texts.len() == 1 || texts.len().saturating_mul(affixes.len()) <= PAIRS {
        let mut texts = texts.iter().filter_map(Value::as_str);
        let any = |text: &str| affixes.iter().filter_map(Value::as_str).any(|affix| holds(text, affix));
        return Ok(Value::Bool(texts.any(any)));
    }
    let order = |left: &str, right: &str| {
        if suffix { left.bytes().rev().cmp(right.bytes().rev()) } else { left.cmp(right) }
    };
    let mut sorted = bumpalo::collections::Vec::with_capacity_in(texts.len(), context.arena);
    sorted.extend(texts.iter().filter_map(Value::as_str));
    if !sorted.is_sorted_by(|left, right| order(left, right).is_le()) {
        sorted.sort_unstable_by(|left, right| order(left, right));
    }
    // The texts that begin with a prefix stand together, right where the prefix itself would.
    Ok(Value::Bool(affixes.iter().filter_map(Value::as_str).any(|affix| {
        let at = sorted.partition_point(|text| order(text, affix).is_lt());
        sorted.get(at).is_some_and(|text| holds(text, affix))
    })))
}
