//! Go's regular expressions in the syntax of the `regex` crate.
//!
//! Both engines are descendants of RE2 and agree on what a match is; what differs is the syntax around the edges and
//! that Go's `\d`, `\w`, `\s` and `\b` are about ASCII. The translator accepts exactly what Go accepts, refuses the
//! rest with Go's message, and writes everything out so that nothing depends on the other syntax: `\d` becomes
//! `[0-9]`, punctuation becomes `\x{2E}`, named groups become plain ones with their names kept aside.

use super::unicode_names;
use crate::builtins::Failure;
use std::fmt::Write;

/// A translated expression.
#[derive(Debug)]
pub(in crate::builtins) struct Translation {
    /// In the syntax of the `regex` crate.
    pub pattern: String,
    /// The names of the groups from 1 on; empty where there is none.
    pub names: Vec<String>,
}

/// How deep groups may nest. Go allows 1000.
pub(super) const MAX_DEPTH: usize = 250;

/// The largest count of a repetition, and of nested repetitions multiplied.
const MAX_REPEAT: u64 = 1000;

/// A class that matches nothing.
const NOTHING: &str = "[^\\x{0}-\\x{10FFFF}]";

/// Translates `source`, or says what is wrong with it in Go's words.
pub(in crate::builtins) fn translate(source: &str) -> Result<Translation, String> {
    let mut translator = Translator {
        source,
        rest: source,
        out: String::with_capacity(source.len() * 2),
        names: Vec::new(),
        flags: Flags::default(),
        pending: false,
        group: Group::default(),
        open: Vec::new(),
    };
    match translator.run() {
        Ok(()) => Ok(Translation { pattern: translator.out, names: translator.names }),
        Err(Fault { what, at }) => Err(format!("error parsing regexp: {what}: `{at}`")),
    }
}

/// What is wrong, and the part of the expression where it is.
struct Fault<'s> {
    what: &'static str,
    at: &'s str,
}

type Step<'s, T = ()> = Result<T, Fault<'s>>;

fn fault<'s, T>(what: &'static str, at: &'s str) -> Step<'s, T> {
    Err(Fault { what, at })
}

const TOO_DEEP: &str = "expression nests too deeply";

/// Why a pattern is not taken: Go refuses it, or it is more than this engine takes.
pub(super) fn failure(message: String) -> Failure {
    if message.contains(TOO_DEEP) { Failure::Halt(message) } else { Failure::Error(message) }
}

const BAD_RANGE: &str = "invalid character class range";
const BAD_ESCAPE: &str = "invalid escape sequence";

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Flags {
    fold_case: bool,
    multi_line: bool,
    dot_newline: bool,
    lazy: bool,
}

impl Flags {
    /// All of them, as `is-mU`.
    fn write(self, out: &mut String) {
        let all = [(self.fold_case, 'i'), (self.multi_line, 'm'), (self.dot_newline, 's'), (self.lazy, 'U')];
        out.extend(all.iter().filter(|flag| flag.0).map(|flag| flag.1));
        if all.iter().any(|flag| !flag.0) {
            out.push('-');
            out.extend(all.iter().filter(|flag| !flag.0).map(|flag| flag.1));
        }
    }
}

/// What is known of the group that is being read.
#[derive(Clone, Copy, Default)]
struct Group {
    /// Whether there is something that a repetition could repeat.
    repeatable: bool,
    /// Where in the output the part before begins.
    last_start: usize,
    /// Whether that part already ends in a repetition.
    repeated: bool,
    /// Where in the output the group itself begins.
    start: usize,
    /// How often the part before could be repeated by nested counts.
    last_weight: u64,
    /// The largest such number in the group.
    weight: u64,
    /// The flags outside.
    outer: Flags,
}

struct Translator<'s> {
    source: &'s str,
    rest: &'s str,
    out: String,
    names: Vec<String>,
    flags: Flags,
    /// Whether flags have changed and are to be written before the next thing. A repetition right after a change of
    /// flags belongs to what stands before it.
    pending: bool,
    group: Group,
    open: Vec<Group>,
}

/// `text` up to where `rest`, its tail, begins.
fn before<'s>(text: &'s str, rest: &str) -> &'s str {
    text.get(..text.len().saturating_sub(rest.len())).unwrap_or(text)
}

impl<'s> Translator<'s> {
    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
    }

    fn run(&mut self) -> Step<'s> {
        let mut last_repeat = None;
        while let Some(first) = self.rest.chars().next() {
            let mut repeat = None;
            match first {
                '(' if self.rest.starts_with("(?") => self.flagged_group()?,
                '(' => {
                    self.names.push(String::new());
                    self.open_group("(", self.flags)?;
                    self.skip(1);
                }
                '|' => {
                    self.flush();
                    self.out.push('|');
                    self.group.repeatable = false;
                    self.skip(1);
                }
                ')' => self.close_group()?,
                '^' | '$' | '.' => {
                    self.atom(first.encode_utf8(&mut [0; 4]));
                    self.skip(1);
                }
                '[' => {
                    let class = self.class()?;
                    self.atom(&class);
                }
                '*' | '+' | '?' => {
                    repeat = Some(self.rest);
                    self.repeat(1, first.encode_utf8(&mut [0; 4]), None, last_repeat)?;
                }
                '{' => match counts(self.rest) {
                    Some((least, most, length)) => {
                        let whole = self.rest;
                        let bad = least > MAX_REPEAT || most.is_some_and(|most| most > MAX_REPEAT || least > most);
                        if bad {
                            return fault("invalid repeat count", whole.get(..length).unwrap_or(whole));
                        }
                        repeat = Some(whole);
                        let text = whole.get(..length).unwrap_or(whole);
                        self.repeat(length, text, Some((least, most)), last_repeat)?;
                    }
                    None => {
                        self.literal('{');
                        self.skip(1);
                    }
                },
                '\\' => self.escape()?,
                _ => {
                    self.literal(first);
                    self.skip(first.len_utf8());
                }
            }
            last_repeat = repeat;
        }
        if self.open.is_empty() { Ok(()) } else { fault("missing closing )", self.source) }
    }

    /// Writes a change of flags that was held back.
    fn flush(&mut self) {
        if std::mem::take(&mut self.pending) {
            self.out.push_str("(?");
            self.flags.write(&mut self.out);
            self.out.push(')');
        }
    }

    fn atom(&mut self, text: &str) {
        self.flush();
        self.group.last_start = self.out.len();
        self.group.repeated = false;
        self.out.push_str(text);
        self.group.repeatable = true;
        self.group.last_weight = 1;
        self.group.weight = self.group.weight.max(1);
    }

    fn literal(&mut self, letter: char) {
        let mut text = String::new();
        write_char(letter, &mut text);
        self.atom(&text);
    }

    fn open_group(&mut self, text: &str, inner: Flags) -> Step<'s> {
        self.flush();
        if self.open.len() >= MAX_DEPTH {
            return fault(TOO_DEEP, self.source);
        }
        self.open.push(self.group);
        self.group = Group { outer: self.flags, start: self.out.len(), ..Group::default() };
        self.out.push_str(text);
        self.flags = inner;
        Ok(())
    }

    fn close_group(&mut self) -> Step<'s> {
        let Some(outside) = self.open.pop() else { return fault("unexpected )", self.source) };
        self.out.push(')');
        let Group { weight, outer, start, .. } = self.group;
        self.pending = false;
        self.flags = outer;
        self.group = Group {
            repeatable: true,
            last_start: start,
            repeated: false,
            last_weight: weight.max(1),
            weight: outside.weight.max(weight).max(1),
            ..outside
        };
        self.skip(1);
        Ok(())
    }

    /// A repetition of what stands before; `length` bytes long without the question mark that may follow.
    fn repeat(
        &mut self,
        length: usize,
        text: &str,
        counts: Option<(u64, Option<u64>)>,
        last: Option<&'s str>,
    ) -> Step<'s> {
        let start = self.rest;
        self.skip(length);
        let lazy = self.rest.starts_with('?');
        self.skip(usize::from(lazy));
        if let Some(last) = last {
            return fault("invalid nested repetition operator", before(last, self.rest));
        }
        if !self.group.repeatable {
            return fault("missing argument to repetition operator", before(start, self.rest));
        }
        if let Some((least, most)) = counts {
            let times = most.unwrap_or(least);
            self.group.last_weight = if most == Some(0) { 1 } else { self.group.last_weight * times.max(1) };
            if self.group.last_weight > MAX_REPEAT && times >= 2 {
                return fault("invalid repeat count", before(start, self.rest));
            }
            self.group.weight = self.group.weight.max(self.group.last_weight);
        }
        if std::mem::replace(&mut self.group.repeated, true) {
            // A change of flags stood between two repetitions. The second is one of its own, not a mark of the first.
            self.out.insert_str(self.group.last_start, "(?:");
            self.out.push(')');
        }
        self.out.push_str(text);
        if lazy {
            self.out.push('?');
        }
        Ok(())
    }

    /// `(?P<name>`, `(?<name>`, `(?flags)` or `(?flags:`.
    fn flagged_group(&mut self) -> Step<'s> {
        let start = self.rest;
        let named = match () {
            () if start.len() > 4 && start.starts_with("(?P<") => Some(4),
            () if start.len() > 3 && start.starts_with("(?<") => Some(3),
            () => None,
        };
        if let Some(offset) = named {
            let Some(end) = start.find('>') else { return fault("invalid named capture", start) };
            let name = start.get(offset..end).unwrap_or("");
            if name.is_empty() || !name.chars().all(|letter| letter == '_' || letter.is_ascii_alphanumeric()) {
                return fault("invalid named capture", start.get(..=end).unwrap_or(start));
            }
            self.names.push(name.to_owned());
            self.open_group("(", self.flags)?;
            self.skip(end + 1);
            return Ok(());
        }
        let mut flags = self.flags;
        let (mut on, mut seen) = (true, false);
        self.skip(2);
        while let Some(letter) = self.rest.chars().next() {
            self.skip(letter.len_utf8());
            let flag = match letter {
                'i' => &mut flags.fold_case,
                'm' => &mut flags.multi_line,
                's' => &mut flags.dot_newline,
                'U' => &mut flags.lazy,
                '-' if on => {
                    (on, seen) = (false, false);
                    continue;
                }
                ':' | ')' if on || seen => {
                    if letter == ')' {
                        self.flags = flags;
                        self.pending = true;
                        return Ok(());
                    }
                    let mut text = "(?".to_owned();
                    flags.write(&mut text);
                    text.push(':');
                    return self.open_group(&text, flags);
                }
                _ => break,
            };
            *flag = on;
            seen = true;
        }
        fault("invalid or unsupported Perl syntax", before(start, self.rest))
    }

    /// Something that begins with a backslash, outside of a class.
    fn escape(&mut self) -> Step<'s> {
        let start = self.rest;
        let simple = match start.get(1..2) {
            Some("A") => Some("\\A"),
            Some("b") => Some("(?-u:\\b)"),
            Some("B") => Some("(?-u:\\B)"),
            Some("z") => Some("\\z"),
            Some("C") => return fault(BAD_ESCAPE, start.get(..2).unwrap_or(start)),
            Some("Q") => {
                let quoted = start.get(2..).unwrap_or("");
                let (quoted, rest) = quoted.split_once("\\E").unwrap_or((quoted, ""));
                quoted.chars().for_each(|letter| self.literal(letter));
                self.rest = rest;
                return Ok(());
            }
            _ => None,
        };
        if let Some(text) = simple {
            self.atom(text);
            self.skip(2);
        } else if let Some(class) = self.unicode_class()?.or_else(|| self.perl_class()) {
            self.atom(&class);
        } else {
            match char::from_u32(self.escaped()?) {
                Some(letter) => self.literal(letter),
                None => self.atom(NOTHING),
            }
        }
        Ok(())
    }

    /// `\d` and the like.
    fn perl_class(&mut self) -> Option<String> {
        let class = match self.rest.get(..2)? {
            "\\d" => "[0-9]",
            "\\D" => "[^0-9]",
            "\\s" => "[\\t\\n\\x{C}\\r\\x{20}]",
            "\\S" => "[^\\t\\n\\x{C}\\r\\x{20}]",
            "\\w" => "[0-9A-Z_a-z]",
            "\\W" => "[^0-9A-Z_a-z]",
            _ => return None,
        };
        self.skip(2);
        Some(class.to_owned())
    }

    /// `\p{Greek}`, `\pN`, `\P{^Greek}`.
    fn unicode_class(&mut self) -> Step<'s, Option<String>> {
        let start = self.rest;
        let mut negated = match start.get(..2) {
            Some("\\p") => false,
            Some("\\P") => true,
            _ => return Ok(None),
        };
        let inner = start.get(2..).unwrap_or("");
        let Some(first) = inner.chars().next() else {
            return fault(BAD_RANGE, start);
        };
        let (name, length) = if first == '{' {
            let Some(end) = inner.find('}') else { return fault(BAD_RANGE, start) };
            (inner.get(1..end).unwrap_or(""), 2 + end + 1)
        } else {
            (inner.get(..first.len_utf8()).unwrap_or(""), 2 + first.len_utf8())
        };
        let plain = name.strip_prefix('^');
        negated ^= plain.is_some();
        let Some(class) = unicode_names::class(plain.unwrap_or(name)) else {
            return fault(BAD_RANGE, start.get(..length).unwrap_or(start));
        };
        self.skip(length);
        Ok(Some(match (class.as_str(), negated) {
            // Surrogates are no characters here, nor in any text.
            ("gc=Cs", false) => NOTHING.to_owned(),
            ("gc=Cs", true) => "[\\x{0}-\\x{10FFFF}]".to_owned(),
            (_, false) => format!("\\p{{{class}}}"),
            (_, true) => format!("\\P{{{class}}}"),
        }))
    }

    /// The character that an escape stands for.
    fn escaped(&mut self) -> Step<'s, u32> {
        let start = self.rest;
        self.skip(1);
        let Some(letter) = self.rest.chars().next() else {
            return fault("trailing backslash at end of expression", "");
        };
        self.skip(letter.len_utf8());
        let octal = |text: &str| text.bytes().next().filter(|digit| (b'0'..=b'7').contains(digit));
        match letter {
            '1'..='7' if octal(self.rest).is_none() => {}
            '0'..='7' => {
                let mut code = u32::from(letter) - u32::from('0');
                for _ in 0..2 {
                    let Some(digit) = octal(self.rest) else { break };
                    code = code * 8 + u32::from(digit - b'0');
                    self.skip(1);
                }
                return Ok(code);
            }
            'x' => {
                if let Some(code) = self.hexadecimal() {
                    return Ok(code);
                }
            }
            'a' => return Ok(7),
            'f' => return Ok(12),
            'n' => return Ok(10),
            'r' => return Ok(13),
            't' => return Ok(9),
            'v' => return Ok(11),
            _ if letter.is_ascii() && !letter.is_ascii_alphanumeric() => return Ok(u32::from(letter)),
            _ => {}
        }
        fault(BAD_ESCAPE, before(start, self.rest))
    }

    /// The digits after `\x`, in braces or two of them. Where there is none, what was read stays read.
    fn hexadecimal(&mut self) -> Option<u32> {
        let mut next = || {
            let letter = self.rest.chars().next()?;
            self.rest = self.rest.get(letter.len_utf8()..).unwrap_or("");
            Some(letter)
        };
        let first = next()?;
        if first != '{' {
            let second = next()?;
            return Some(first.to_digit(16)? * 16 + second.to_digit(16)?);
        }
        let (mut code, mut digits) = (0, 0);
        loop {
            match next()? {
                '}' => return (digits > 0).then_some(code),
                digit => code = code * 16 + digit.to_digit(16)?,
            }
            if code > u32::from(char::MAX) {
                return None;
            }
            digits += 1;
        }
    }

    /// A class in brackets.
    fn class(&mut self) -> Step<'s, String> {
        let start = self.rest;
        self.skip(1);
        let negated = self.rest.starts_with('^');
        self.skip(usize::from(negated));
        let mut class = if negated { "[^".to_owned() } else { "[".to_owned() };
        let empty = class.len();
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            first = false;
            if let Some(named) = self.named_class()? {
                class.push_str(named);
            } else if let Some(other) = self.unicode_class()?.or_else(|| self.perl_class()) {
                class.push_str(&other);
            } else {
                self.range(start, &mut class)?;
            }
        }
        self.skip(1);
        if class.len() == empty {
            // Only surrogates, which nothing matches.
            return Ok(if negated { "[\\x{0}-\\x{10FFFF}]" } else { NOTHING }.to_owned());
        }
        class.push(']');
        Ok(class)
    }

    /// `[:alpha:]` and the like, inside a class.
    fn named_class(&mut self) -> Step<'s, Option<&'static str>> {
        let Some(inner) = self.rest.strip_prefix("[:") else { return Ok(None) };
        let Some(end) = inner.find(":]").filter(|_| !inner.is_empty()) else { return Ok(None) };
        let whole = self.rest.get(..end + 4).unwrap_or(self.rest);
        let class = match inner.get(..end).unwrap_or("") {
            "alnum" => "[0-9A-Za-z]",
            "^alnum" => "[^0-9A-Za-z]",
            "alpha" => "[A-Za-z]",
            "^alpha" => "[^A-Za-z]",
            "ascii" => "[\\x{0}-\\x{7F}]",
            "^ascii" => "[^\\x{0}-\\x{7F}]",
            "blank" => "[\\t\\x{20}]",
            "^blank" => "[^\\t\\x{20}]",
            "cntrl" => "[\\x{0}-\\x{1F}\\x{7F}]",
            "^cntrl" => "[^\\x{0}-\\x{1F}\\x{7F}]",
            "digit" => "[0-9]",
            "^digit" => "[^0-9]",
            "graph" => "[\\x{21}-\\x{7E}]",
            "^graph" => "[^\\x{21}-\\x{7E}]",
            "lower" => "[a-z]",
            "^lower" => "[^a-z]",
            "print" => "[\\x{20}-\\x{7E}]",
            "^print" => "[^\\x{20}-\\x{7E}]",
            "punct" => "[\\x{21}-\\x{2F}\\x{3A}-\\x{40}\\x{5B}-\\x{60}\\x{7B}-\\x{7E}]",
            "^punct" => "[^\\x{21}-\\x{2F}\\x{3A}-\\x{40}\\x{5B}-\\x{60}\\x{7B}-\\x{7E}]",
            "space" => "[\\x{9}-\\x{D}\\x{20}]",
            "^space" => "[^\\x{9}-\\x{D}\\x{20}]",
            "upper" => "[A-Z]",
            "^upper" => "[^A-Z]",
            "word" => "[0-9A-Z_a-z]",
            "^word" => "[^0-9A-Z_a-z]",
            "xdigit" => "[0-9A-Fa-f]",
            "^xdigit" => "[^0-9A-Fa-f]",
            _ => return fault(BAD_RANGE, whole),
        };
        self.skip(whole.len());
        Ok(Some(class))
    }

    /// A character or a range of them, inside the class that begins at `class_start`.
    fn range(&mut self, class_start: &'s str, class: &mut String) -> Step<'s> {
        let start = self.rest;
        let low = self.class_character(class_start)?;
        let mut high = low;
        if self.rest.len() >= 2 && self.rest.starts_with('-') && !self.rest.starts_with("-]") {
            self.skip(1);
            high = self.class_character(class_start)?;
            if high < low {
                return fault(BAD_RANGE, before(start, self.rest));
            }
        }
        // Surrogates, which are no characters, fall off the ends.
        let low = char::from_u32(low).unwrap_or('\u{e000}');
        let high = char::from_u32(high).unwrap_or('\u{d7ff}');
        if low <= high {
            write_char(low, class);
            class.push('-');
            write_char(high, class);
        }
        Ok(())
    }

    fn class_character(&mut self, class_start: &'s str) -> Step<'s, u32> {
        match self.rest.chars().next() {
            None => fault("missing closing ]", class_start),
            Some('\\') => self.escaped(),
            Some(letter) => {
                self.skip(letter.len_utf8());
                Ok(u32::from(letter))
            }
        }
    }
}

/// Writes a character so that it stands for itself.
fn write_char(letter: char, out: &mut String) {
    if letter.is_ascii_alphanumeric() || !letter.is_ascii() {
        out.push(letter);
    } else {
        // Writing to a string does not fail.
        write!(out, "\\x{{{:X}}}", u32::from(letter)).unwrap_or_default();
    }
}

/// Reads `{3}`, `{3,}` or `{3,5}`: least and most, and how long the text is. Numbers too large to matter are cut.
fn counts(text: &str) -> Option<(u64, Option<u64>, usize)> {
    let number = |text: &str| {
        let well_formed = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
        let leading_zero = text.len() > 1 && text.starts_with('0');
        (well_formed && !leading_zero).then(|| text.parse().unwrap_or(u64::from(u32::MAX)))
    };
    let inner = text.strip_prefix('{')?;
    let end = inner.find('}')?;
    let inner = inner.get(..end)?;
    let (least, most) = match inner.split_once(',') {
        Some((least, "")) => (number(least)?, None),
        Some((least, most)) => (number(least)?, Some(number(most)?)),
        None => {
            let count = number(inner)?;
            (count, Some(count))
        }
    };
    Some((least, most, end + 2))
}
