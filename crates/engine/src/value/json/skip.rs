//! Passing over a collection quickly, 64 bytes at a time.
//!
//! For each block the characters that structure a text are found at once, as bits: quotes, brackets, colons and commas
//! outside of strings. What stands between them is a string, a scalar or white space. Everything is checked as the
//! scanner checks it; what is found wrong, or is unusual, is left to the scanner, which says what it is.

use super::super::number;
use super::MAX_DEPTH;
use wide::u8x16;

/// Where the collection ends whose bracket is at `start`, `depth` others around it. `None` if that takes a closer look.
pub(super) fn end_of_collection(text: &str, start: usize, depth: usize) -> Option<usize> {
    Skipper { text, bytes: text.as_bytes(), tokens: Tokens::new(text.as_bytes(), start), after: start }.skip(depth)
}

/// The most collections in one another that are passed over here.
const LEVELS: usize = 64;

struct Skipper<'t> {
    text: &'t str,
    bytes: &'t [u8],
    tokens: Tokens<'t>,
    /// Where the last token ends.
    after: usize,
}

impl Skipper<'_> {
    fn skip(mut self, depth: usize) -> Option<usize> {
        // A bit for each open collection, the innermost one's the lowest: whether it is an object.
        let (mut objects, mut open) = (0_u64, 0);
        let mut token = self.tokens.next()?;
        loop {
            // A value begins at the token, or is a scalar before it.
            match self.byte(token)? {
                b'"' => {
                    self.space_before(token)?;
                    self.after = self.tokens.next()? + 1;
                    token = self.tokens.next()?;
                    self.space_before(token)?;
                }
                opening @ (b'{' | b'[') => {
                    self.space_before(token)?;
                    if open == LEVELS || depth + open >= MAX_DEPTH {
                        return None;
                    }
                    objects = objects << 1 | u64::from(opening == b'{');
                    open += 1;
                    self.after = token + 1;
                    token = self.tokens.next()?;
                    let is_empty = self.byte(token)? == opening + 2 && self.space_before(token).is_some();
                    if !is_empty {
                        if opening == b'{' {
                            token = self.key(token)?;
                        }
                        continue;
                    }
                }
                _ => self.scalar_before(token)?,
            }
            // A value is complete; so are perhaps the collections that it ends.
            loop {
                let is_object = objects & 1 == 1;
                match self.byte(token)? {
                    b',' => {
                        self.after = token + 1;
                        token = self.tokens.next()?;
                        if is_object {
                            token = self.key(token)?;
                        }
                        break;
                    }
                    b'}' if is_object => {}
                    b']' if !is_object => {}
                    _ => return None,
                }
                self.after = token + 1;
                objects >>= 1;
                open -= 1;
                if open == 0 {
                    return Some(self.after);
                }
                token = self.tokens.next()?;
                self.space_before(token)?;
            }
        }
    }

    /// Passes over a key and its colon; gives the token after them.
    #[inline(always)]
    fn key(&mut self, token: usize) -> Option<usize> {
        self.space_before(token)?;
        if self.byte(token)? != b'"' {
            return None;
        }
        self.after = self.tokens.next()? + 1;
        let colon = self.tokens.next()?;
        self.space_before(colon)?;
        if self.byte(colon)? != b':' {
            return None;
        }
        self.after = colon + 1;
        self.tokens.next()
    }

    #[inline(always)]
    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// Fails unless there is nothing but white space between the last token and another one.
    #[inline(always)]
    fn space_before(&self, token: usize) -> Option<()> {
        if self.after == token { Some(()) } else { is_space(self.bytes.get(self.after..token)?).then_some(()) }
    }

    /// Fails unless a scalar that is no string stands between the last token and another one.
    #[inline(never)]
    fn scalar_before(&self, token: usize) -> Option<()> {
        let text = self.text.get(self.after..token)?.trim_matches([' ', '\n', '\r', '\t']);
        let is_small = |digits: &[u8]| digits.len() <= 18 && digits.iter().all(u8::is_ascii_digit);
        let is_scalar = match text.as_bytes() {
            [b'0'..=b'9'] | b"true" | b"false" | b"null" => true,
            [b'1'..=b'9', digits @ ..] if is_small(digits) => true,
            bytes @ [b'-' | b'0'..=b'9', ..] => {
                number::shape(bytes).is_some_and(|shape| shape.length == bytes.len() && number::is_allowed(text, shape))
            }
            _ => false,
        };
        is_scalar.then_some(())
    }
}

#[cold]
fn is_space(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t'))
}

/// Where the characters are that structure a text: quotes, and the others outside of strings.
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
}

const BLOCK: usize = 64;

impl<'t> Tokens<'t> {
    fn new(bytes: &'t [u8], start: usize) -> Self {
        Tokens { bytes, next: start, bits: 0, in_string: 0, escaped: 0 }
    }

    /// The next one; `None` at the end, and where a string has something wrong.
    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        while self.bits == 0 {
            self.block()?;
        }
        let at = self.next - BLOCK + self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some(at)
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
        let Masks { mut quotes, backslashes, controls, structure } = Masks::of(block);
        if backslashes | self.escaped != 0 {
            let escaped = self.escaped_by(backslashes);
            self.check_escapes(backslashes & !escaped)?;
            quotes &= !escaped;
        }
        // From each quote that opens a string up to the one that closes it.
        let inside = ones_after_each(quotes) ^ self.in_string;
        if controls & inside != 0 {
            return None;
        }
        self.in_string = ((inside as i64) >> 63) as u64;
        self.bits = structure & !inside | quotes;
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

    /// Fails unless each of these backslashes begins an escape. (One outside of a string is no white space.)
    #[inline(never)]
    fn check_escapes(&self, mut starts: u64) -> Option<()> {
        while starts != 0 {
            let at = self.next + starts.trailing_zeros() as usize;
            starts &= starts - 1;
            match self.bytes.get(at + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                b'u' if self.bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => {}
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
    controls: u64,
    structure: u64,
}

impl Masks {
    #[inline(always)]
    fn of(block: &[u8; BLOCK]) -> Masks {
        let mut masks = Masks { quotes: 0, backslashes: 0, controls: 0, structure: 0 };
        for (at, chunk) in block.as_chunks::<16>().0.iter().enumerate() {
            let chunk = u8x16::new(*chunk);
            let is = |byte| chunk.simd_eq(u8x16::splat(byte));
            // With this bit square brackets are braces.
            let folded = chunk | u8x16::splat(0x20);
            let is_bracket = folded.simd_eq(u8x16::splat(b'{')) | folded.simd_eq(u8x16::splat(b'}'));
            let bits = |found: u8x16| u64::from(found.to_bitmask()) << (at * 16);
            masks.quotes |= bits(is(b'"'));
            masks.backslashes |= bits(is(b'\\'));
            masks.controls |= bits(chunk.min(u8x16::splat(0x1f)).simd_eq(chunk));
            masks.structure |= bits(is_bracket | is(b':') | is(b','));
        }
        masks
    }
}

/// A mask with ones from each odd one of its bits up to the next even one, that one left out.
#[inline]
fn ones_after_each(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}
