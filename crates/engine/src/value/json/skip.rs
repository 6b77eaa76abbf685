//! Passing over a collection quickly, 64 bytes at a time.
//!
//! For each block it is found at once, as bits, where its tokens begin: strings, other scalars, and the brackets, colons
//! and commas between them. Everything is checked as the scanner checks it; what is found wrong, or is unusual, is left to
//! the scanner, which says what it is.

use super::super::number;
use super::super::unread::Part;
use super::{MAX_DEPTH, scan};
use wide::u8x16;

/// Where the collection ends whose bracket is at `start`, `depth` others around it. `None` if that takes a closer look.
pub(super) fn end_of_collection(text: &str, start: usize, depth: usize) -> Option<usize> {
    pass_over(Tokens::new(text, start), NONE, depth, &mut Unwatched).map(|passed| passed.last + 1)
}

/// The same of an object; `each` gets the key of every entry, as it stands between its quotes, and the value. Also says
/// whether in its strings nothing is escaped but quotes and backslashes.
pub(super) fn end_of_object(
    text: &str,
    start: usize,
    depth: usize,
    each: impl FnMut(Part, Part),
) -> Option<(usize, bool)> {
    let mut listing = Listing { bytes: text.as_bytes(), entry: [0; 3], each };
    pass_over(Tokens::new(text, start), NONE, depth, &mut listing).map(|passed| (passed.last + 1, passed.is_plain))
}

/// From the value of an entry, which begins at `start`, on to the next key that is wanted, or to the object's brace;
/// `depth` counts the object. A key with escapes may always be wanted. `None` if that takes a closer look.
pub(super) fn next_entry(text: &str, start: usize, depth: usize, is_wanted: impl Fn(&[u8]) -> bool) -> Option<usize> {
    let mut search = Search { text, is_wanted };
    pass_over(Tokens::new(text, start), NONE << 1 | 1, depth, &mut search).map(|passed| passed.last)
}

/// What was passed over.
struct Passed {
    /// The last bracket, or the key that was looked for.
    last: usize,
    /// Whether in its strings nothing is escaped but quotes and backslashes.
    is_plain: bool,
}

/// Who is told of the entries of the outermost object.
trait Watch {
    /// A key, its colon and its value have begun.
    fn begins(&mut self, entry: [usize; 3]);
    /// The value has ended before this place.
    fn ends(&mut self, end: usize);
    /// Whether the key of that entry is far enough; also told whether there were escapes on the way.
    fn is_enough(&self, key: usize, has_escapes: bool) -> bool;
}

struct Unwatched;

impl Watch for Unwatched {
    fn begins(&mut self, _entry: [usize; 3]) {}

    fn ends(&mut self, _end: usize) {}

    fn is_enough(&self, _key: usize, _has_escapes: bool) -> bool {
        false
    }
}

/// Lists entries.
struct Listing<'t, F> {
    bytes: &'t [u8],
    entry: [usize; 3],
    each: F,
}

impl<F: FnMut(Part, Part)> Watch for Listing<'_, F> {
    #[inline(always)]
    fn begins(&mut self, entry: [usize; 3]) {
        self.entry = entry;
    }

    #[inline(always)]
    fn ends(&mut self, end: usize) {
        let [key, colon, value] = self.entry;
        let (quote, end) = (self.trimmed(colon) - 1, self.trimmed(end));
        (self.each)(Part::new(key + 1, quote), Part::new(value, end));
    }

    #[inline(always)]
    fn is_enough(&self, _key: usize, _has_escapes: bool) -> bool {
        false
    }
}

impl<F> Listing<'_, F> {
    /// Where what stands before this place ends, white space left out.
    #[inline(always)]
    fn trimmed(&self, end: usize) -> usize {
        match self.bytes.get(..end) {
            Some(before @ [.., ..=b' ']) => before.trim_ascii_end().len(),
            _ => end,
        }
    }
}

/// Looks for a key.
struct Search<'t, F> {
    text: &'t str,
    is_wanted: F,
}

impl<F: Fn(&[u8]) -> bool> Watch for Search<'_, F> {
    #[inline(always)]
    fn begins(&mut self, _entry: [usize; 3]) {}

    #[inline(always)]
    fn ends(&mut self, _end: usize) {}

    #[inline(always)]
    fn is_enough(&self, key: usize, has_escapes: bool) -> bool {
        let rest = self.text.as_bytes().get(key..).unwrap_or_default();
        (self.is_wanted)(rest) || has_escapes && scan::has_escapes(rest)
    }
}

/// No collection is open.
const NONE: u64 = 1;

/// Passes over what begins with the first token, up to where the outermost of the open collections ends. There is a bit
/// for each of them, the innermost one's the lowest: whether it is an object. Above them is a one.
#[inline(always)]
fn pass_over(mut tokens: Tokens<'_>, mut open: u64, depth: usize, watch: &mut impl Watch) -> Option<Passed> {
    /// An object is open, and no other collection.
    const OBJECT: u64 = NONE << 1 | 1;
    if depth + LEVELS > MAX_DEPTH {
        return None;
    }
    let mut token = tokens.next()?;
    loop {
        // A value begins.
        let mut is_complete = true;
        match token.1 {
            b'"' if open & 1 == 0 => tokens.pass_strings(),
            b'"' => {}
            opening @ (b'{' | b'[') => {
                if open >> LEVELS != 0 {
                    return None;
                }
                let is_object = opening == b'{';
                open = open << 1 | u64::from(is_object);
                let inner = tokens.next()?;
                is_complete = inner.1 == opening + 2;
                token = if is_object && !is_complete {
                    let (colon, value) = tokens.after_key(inner)?;
                    if open == OBJECT {
                        watch.begins([inner.0, colon, value.0]);
                    }
                    value
                } else {
                    inner
                };
                open >>= u32::from(is_complete);
                if open == NONE {
                    return Some(tokens.passed(token));
                }
            }
            _ => check_scalar(tokens.blocks.bytes, token.0)?,
        }
        // It is complete; so are perhaps the collections that it ends.
        while is_complete {
            token = tokens.next()?;
            let is_object = open & 1 == 1;
            if open == OBJECT {
                watch.ends(token.0);
            }
            match token.1 {
                b',' => {
                    token = tokens.next()?;
                    if is_object {
                        let (colon, value) = tokens.after_key(token)?;
                        if open == OBJECT {
                            watch.begins([token.0, colon, value.0]);
                            if watch.is_enough(token.0, tokens.blocks.has_escapes) {
                                return Some(tokens.passed(token));
                            }
                        }
                        token = value;
                    }
                    is_complete = false;
                }
                b'}' if is_object => open >>= 1,
                b']' if !is_object => open >>= 1,
                _ => return None,
            }
            if open == NONE {
                return Some(tokens.passed(token));
            }
        }
    }
}

/// The most collections in one another that are passed over here.
const LEVELS: usize = 62;

/// Fails unless a scalar that is no string begins here, and nothing else follows it directly.
#[inline(never)]
fn check_scalar(bytes: &[u8], at: usize) -> Option<()> {
    let rest = bytes.get(at..)?;
    let word = |word: &[u8]| rest.starts_with(word).then_some(word.len());
    let length = match rest.first()? {
        b't' => word(b"true")?,
        b'f' => word(b"false")?,
        b'n' => word(b"null")?,
        _ => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let is_small = (1..=18).contains(&digits) && (digits == 1 || rest.first() != Some(&b'0'));
            match rest.get(digits) {
                Some(b'.' | b'e' | b'E' | b'-') => exact_number(rest)?,
                _ if is_small => digits,
                _ => exact_number(rest)?,
            }
        }
    };
    let end = rest.get(length);
    end.is_none_or(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b',' | b']' | b'}')).then_some(())
}

/// The length of the number that begins here.
fn exact_number(rest: &[u8]) -> Option<usize> {
    let shape = number::shape(rest)?;
    let text = std::str::from_utf8(rest.get(..shape.length)?).ok()?;
    number::is_allowed(text, shape).then_some(shape.length)
}

/// A token: where it begins, and with which byte.
type Token = (usize, u8);

/// The tokens of a text.
struct Tokens<'t> {
    blocks: Blocks<'t>,
    /// Those of the present block that are left, and where it begins.
    bits: u64,
    begin: usize,
}

impl<'t> Tokens<'t> {
    fn new(text: &'t str, start: usize) -> Self {
        let bytes = text.as_bytes();
        let blocks = Blocks {
            bytes,
            next: start,
            in_string: 0,
            escaped: 0,
            in_scalar: 0,
            between: 0,
            has_escapes: false,
            is_plain: true,
        };
        Tokens { blocks, bits: 0, begin: 0 }
    }

    /// The next one; `None` at the end, and where a string has something wrong.
    #[inline(always)]
    fn next(&mut self) -> Option<Token> {
        while self.bits == 0 {
            self.begin = self.blocks.next;
            self.bits = self.blocks.tokens()?;
        }
        let at = self.begin + self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some((at, *self.blocks.bytes.get(at)?))
    }

    /// Behind an item of an array that is a string, passes over strings that follow directly.
    #[inline(always)]
    fn pass_strings(&mut self) {
        loop {
            let comma = self.bits & self.bits.wrapping_neg();
            let at = self.begin + comma.trailing_zeros() as usize;
            if comma & self.blocks.between == 0 || self.blocks.bytes.get(at) != Some(&b',') {
                return;
            }
            self.bits ^= comma;
            self.bits &= self.bits.wrapping_sub(1);
        }
    }

    /// What was passed over up to this one.
    fn passed(&self, last: Token) -> Passed {
        Passed { last: last.0, is_plain: self.blocks.is_plain }
    }

    /// Passes over a colon, which has to follow a key: where it stands, and the token after it.
    #[inline(always)]
    fn after_key(&mut self, key: Token) -> Option<(usize, Token)> {
        let (colon, byte) = self.next()?;
        if key.1 == b'"' && byte == b':' { Some((colon, self.next()?)) } else { None }
    }
}

/// The blocks of a text.
struct Blocks<'t> {
    bytes: &'t [u8],
    /// Where the next block begins.
    next: usize,
    /// Whether it begins in a string: all ones.
    in_string: u64,
    /// Whether its first character follows a backslash that is not itself escaped: 1.
    escaped: u64,
    /// Whether the block before ends in a scalar that is no string: 1.
    in_scalar: u64,
    /// Tokens of that block that stand directly between two strings.
    between: u64,
    /// Whether something was escaped so far.
    has_escapes: bool,
    /// Whether nothing was but quotes and backslashes.
    is_plain: bool,
}

const BLOCK: usize = 64;

impl Blocks<'_> {
    /// A bit for each token of the next block, the first byte's the lowest.
    #[inline(never)]
    fn tokens(&mut self) -> Option<u64> {
        let rest = self.bytes.get(self.next..).filter(|rest| !rest.is_empty())?;
        let mut padded = [b' '; BLOCK];
        let block = match rest.first_chunk() {
            Some(block) => block,
            None => {
                padded.get_mut(..rest.len())?.copy_from_slice(rest);
                &padded
            }
        };
        let Masks { mut quotes, backslashes, blanks, structure } = Masks::of(block);
        if backslashes | self.escaped != 0 {
            self.has_escapes = true;
            let escaped = self.escaped_by(backslashes);
            let unusual = escaped & !(quotes | backslashes);
            if unusual != 0 {
                self.check_escapes(unusual)?;
            }
            quotes &= !escaped;
        }
        // From each quote that opens a string up to the one that closes it.
        let inside = ones_after_each(quotes) ^ self.in_string;
        if blanks != 0 {
            check_blanks(block, blanks, inside)?;
        }
        self.in_string = ((inside as i64) >> 63) as u64;
        let scalars = !(inside | quotes | structure | blanks);
        let starts = scalars & !(scalars << 1 | self.in_scalar);
        self.in_scalar = scalars >> 63;
        self.next += BLOCK;
        let openings = quotes & inside;
        self.between = structure & (quotes ^ openings) << 1 & openings >> 1;
        Some(structure & !inside | openings | starts)
    }

    /// Characters that follow a backslash that is not itself escaped.
    #[inline]
    fn escaped_by(&mut self, backslashes: u64) -> u64 {
        const EVEN: u64 = 0x5555_5555_5555_5555;
        let starting = backslashes & !self.escaped;
        let following = starting << 1 | self.escaped;
        let odd_starts = starting & !EVEN & !following;
        let (ends_even, is_open) = odd_starts.overflowing_add(starting);
        self.escaped = u64::from(is_open);
        (EVEN ^ ends_even << 1) & following
    }

    /// Fails unless each of these characters, which follow a backslash, makes an escape with it. (A backslash outside of a
    /// string is no white space.)
    #[inline(never)]
    fn check_escapes(&mut self, mut escaped: u64) -> Option<()> {
        self.is_plain = false;
        while escaped != 0 {
            let at = self.next + escaped.trailing_zeros() as usize;
            escaped &= escaped - 1;
            match self.bytes.get(at)? {
                b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                b'u' if self.bytes.get(at + 1..at + 5)?.iter().all(u8::is_ascii_hexdigit) => {}
                _ => return None,
            }
        }
        Some(())
    }
}

/// Characters of a block, a bit for each, the first one's the lowest.
struct Masks {
    quotes: u64,
    backslashes: u64,
    /// Spaces and control characters.
    blanks: u64,
    /// Brackets, colons and commas, those in strings too, and what may stand in strings alone.
    structure: u64,
}

impl Masks {
    #[inline(always)]
    fn of(block: &[u8; BLOCK]) -> Masks {
        let mut masks = Masks { quotes: 0, backslashes: 0, blanks: 0, structure: 0 };
        for (at, chunk) in block.as_chunks::<16>().0.iter().enumerate() {
            let chunk = u8x16::new(*chunk);
            let is = |byte| chunk.simd_eq(u8x16::splat(byte));
            // With this bit square brackets are braces. What else is as great as these is in strings, or is wrong.
            let folded = chunk | u8x16::splat(0x20);
            let is_bracket = folded.max(u8x16::splat(b'{')).simd_eq(folded);
            let bits = |found: u8x16| u64::from(found.to_bitmask()) << (at * 16);
            masks.quotes |= bits(is(b'"'));
            masks.backslashes |= bits(is(b'\\'));
            masks.blanks |= bits(chunk.min(u8x16::splat(b' ')).simd_eq(chunk));
            masks.structure |= bits(is_bracket | is(b':') | is(b','));
        }
        masks
    }

    #[inline(always)]
    fn spaces(block: &[u8; BLOCK]) -> u64 {
        let chunks = block.as_chunks::<16>().0.iter().enumerate();
        chunks.fold(0, |spaces, (at, chunk)| {
            let found = u8x16::new(*chunk).simd_eq(u8x16::splat(b' '));
            spaces | u64::from(found.to_bitmask()) << (at * 16)
        })
    }
}

/// Fails unless these spaces and control characters of a block are spaces where they are inside of strings, and white
/// space elsewhere.
#[inline]
fn check_blanks(block: &[u8; BLOCK], blanks: u64, inside: u64) -> Option<()> {
    let controls = blanks & !Masks::spaces(block);
    if controls == 0 {
        return Some(());
    }
    if controls & inside != 0 { None } else { check_white_space(block, controls) }
}

/// Fails unless these control characters of a block are white space.
#[inline(never)]
fn check_white_space(block: &[u8; BLOCK], mut controls: u64) -> Option<()> {
    while controls != 0 {
        let at = controls.trailing_zeros() as usize;
        controls &= controls - 1;
        if !matches!(block.get(at)?, b'\n' | b'\r' | b'\t') {
            return None;
        }
    }
    Some(())
}

/// A mask with ones from each odd one of its bits up to the next even one, that one left out.
#[inline]
fn ones_after_each(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}
