//! Passing over a collection quickly, 64 bytes at a time.
//!
//! For each block it is found at once, as bits, where its tokens begin: strings, other scalars, and the brackets, colons
//! and commas between them. Everything is checked as the scanner checks it; what is found wrong, or is unusual, is left to
//! the scanner, which says what it is.

use super::super::number;
use super::MAX_DEPTH;
use wide::u8x16;

/// Where the collection ends whose bracket is at `start`, `depth` others around it. `None` if that takes a closer look.
pub(super) fn end_of_collection(text: &str, start: usize, depth: usize) -> Option<usize> {
    pass_over(text, start, depth, |_| ()).map(|passed| passed.end)
}

/// The same of an object; `each` gets the key of every entry, as it stands between its quotes, and the value's text.
pub(super) fn end_of_object<'t>(
    text: &'t str,
    start: usize,
    depth: usize,
    mut each: impl FnMut(&'t str, &'t str),
) -> Option<Passed> {
    pass_over(text, start, depth, |[key, colon, value, end]| {
        // White space may stand before the colon.
        let before = text.as_bytes().get(..colon).unwrap_or_default();
        let quote = match before {
            [.., b'"'] => colon - 1,
            _ => before.trim_ascii_end().len().saturating_sub(1),
        };
        each(text.get(key + 1..quote).unwrap_or(""), text.get(value..end).unwrap_or("").trim_ascii_end());
    })
}

/// A collection that was passed over.
pub(super) struct Passed {
    /// Where it ends.
    pub(super) end: usize,
    /// Whether in its strings nothing is escaped but quotes and backslashes.
    pub(super) is_plain: bool,
}

/// Calls `each` with the places of each entry's key, colon and value, and of what follows.
#[inline(always)]
fn pass_over(text: &str, start: usize, depth: usize, mut each: impl FnMut([usize; 4])) -> Option<Passed> {
    // A bit for each open collection, the innermost one's the lowest: whether it is an object.
    let (mut objects, mut open) = (0_u64, 0);
    let mut tokens = Tokens::new(text, start);
    let mut token = tokens.next()?;
    // The entry of the outermost collection that is passed over, if that is an object.
    let mut entry = [0; 3];
    loop {
        // A value begins.
        match token.1 {
            b'"' => {}
            opening @ (b'{' | b'[') => {
                if open == LEVELS || depth + open >= MAX_DEPTH {
                    return None;
                }
                objects = objects << 1 | u64::from(opening == b'{');
                open += 1;
                token = tokens.next()?;
                if token.1 != opening + 2 {
                    if opening == b'{' {
                        let (colon, value) = tokens.after_key(token)?;
                        if open == 1 {
                            entry = [token.0, colon, value.0];
                        }
                        token = value;
                    }
                    continue;
                }
                objects >>= 1;
                open -= 1;
                if open == 0 {
                    return Some(Passed { end: token.0 + 1, is_plain: tokens.is_plain });
                }
            }
            _ => check_scalar(text, token.0)?,
        }
        // It is complete; so are perhaps the collections that it ends.
        loop {
            token = tokens.next()?;
            let is_object = objects & 1 == 1;
            if open == 1 {
                let [key, colon, value] = entry;
                each([key, colon, value, token.0]);
            }
            match token.1 {
                b',' => {
                    token = tokens.next()?;
                    if is_object {
                        let (colon, value) = tokens.after_key(token)?;
                        if open == 1 {
                            entry = [token.0, colon, value.0];
                        }
                        token = value;
                    }
                    break;
                }
                b'}' if is_object => {}
                b']' if !is_object => {}
                _ => return None,
            }
            objects >>= 1;
            open -= 1;
            if open == 0 {
                return Some(Passed { end: token.0 + 1, is_plain: tokens.is_plain });
            }
        }
    }
}

/// The most collections in one another that are passed over here.
const LEVELS: usize = 64;

/// Fails unless a scalar that is no string begins here, and nothing else follows it directly.
#[inline(never)]
fn check_scalar(text: &str, at: usize) -> Option<()> {
    let rest = text.as_bytes().get(at..)?;
    let word = |word: &[u8]| rest.starts_with(word).then_some(word.len());
    let length = match rest.first()? {
        b't' => word(b"true")?,
        b'f' => word(b"false")?,
        b'n' => word(b"null")?,
        _ => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let is_small = (1..=18).contains(&digits) && (digits == 1 || rest.first() != Some(&b'0'));
            match rest.get(digits) {
                Some(b'.' | b'e' | b'E' | b'-') => exact_number(text, at)?,
                _ if is_small => digits,
                _ => exact_number(text, at)?,
            }
        }
    };
    let end = rest.get(length);
    end.is_none_or(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b',' | b']' | b'}')).then_some(())
}

/// The length of the number that begins here.
fn exact_number(text: &str, at: usize) -> Option<usize> {
    let shape = number::shape(text.as_bytes().get(at..)?)?;
    number::is_allowed(text.get(at..at + shape.length)?, shape).then_some(shape.length)
}

/// A token: where it begins, and with which byte.
type Token = (usize, u8);

/// The tokens of a text.
struct Tokens<'t> {
    bytes: &'t [u8],
    /// Where the next block begins.
    next: usize,
    /// Those of the present block that are left.
    bits: u64,
    /// Whether the next block begins in a string: all ones.
    in_string: u64,
    /// Whether its first character follows a backslash that is not itself escaped: 1.
    escaped: u64,
    /// Whether the present block ends in a scalar that is no string: 1.
    in_scalar: u64,
    /// Whether nothing was escaped so far but quotes and backslashes.
    is_plain: bool,
}

const BLOCK: usize = 64;

impl<'t> Tokens<'t> {
    fn new(text: &'t str, start: usize) -> Self {
        Tokens { bytes: text.as_bytes(), next: start, bits: 0, in_string: 0, escaped: 0, in_scalar: 0, is_plain: true }
    }

    /// The next one; `None` at the end, and where a string has something wrong.
    #[inline(always)]
    fn next(&mut self) -> Option<Token> {
        while self.bits == 0 {
            self.block()?;
        }
        let at = self.next - BLOCK + self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some((at, *self.bytes.get(at)?))
    }

    /// Passes over a colon, which has to follow a key: where it stands, and the token after it.
    #[inline(always)]
    fn after_key(&mut self, key: Token) -> Option<(usize, Token)> {
        let (colon, byte) = self.next()?;
        if key.1 == b'"' && byte == b':' { Some((colon, self.next()?)) } else { None }
    }

    #[inline(never)]
    fn block(&mut self) -> Option<()> {
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
        self.bits = (structure & !inside) | (quotes & inside) | starts;
        self.next += BLOCK;
        Some(())
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
    /// Brackets, colons and commas, those in strings too.
    structure: u64,
}

impl Masks {
    #[inline(always)]
    fn of(block: &[u8; BLOCK]) -> Masks {
        let mut masks = Masks { quotes: 0, backslashes: 0, blanks: 0, structure: 0 };
        for (at, chunk) in block.as_chunks::<16>().0.iter().enumerate() {
            let chunk = u8x16::new(*chunk);
            let is = |byte| chunk.simd_eq(u8x16::splat(byte));
            // With this bit square brackets are braces.
            let folded = chunk | u8x16::splat(0x20);
            let is_bracket = folded.simd_eq(u8x16::splat(b'{')) | folded.simd_eq(u8x16::splat(b'}'));
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
