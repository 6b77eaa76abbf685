//! `regex.globs_match`: whether two patterns have a string in common.
//!
//! Patterns are sequences of a character, `.` or a set, each with `+`, `*` or nothing after it. OPA's search goes
//! greedily where it can and gives up early, so that its answer is not always that of set theory. The answer here is
//! OPA's; its steps depend on two positions only and are filled in from the end, which bounds the time by the product
//! of the lengths.

use super::failure::operand;
use super::{Builtin, Failure, Purity};
use crate::value::Value;

pub(super) static TABLE: &[Builtin] = &[Builtin {
    name: "regex.globs_match",
    signature: "(glob1: string, glob2: string) -> result: boolean",
    doc: "Tells whether there is a string that both patterns match. Of regular expressions the patterns have `.`, `*`, \
          `+`, sets as `[a-z_]`, and a backslash before a character that stands for itself.",
    example: (r#"regex.globs_match("a.a.[0-9]+z", ".b.b2359825792*594823z")"#, "true"),
    purity: Purity::Pure,
    call: |context, args| {
        let parse = |text: &str| Parser { text, letters: text.chars().collect(), at: 0 }.parse();
        let (left, right) = (parse(operand::string(args, 1)?)?, parse(operand::string(args, 2)?)?);
        context.check_size(left.len().saturating_mul(right.len()))?;
        Ok(Value::Bool(intersect(&left, &right)))
    },
}];

/// How often a token may occur.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Count {
    Once,
    AtLeastOnce,
    Any,
}

#[derive(PartialEq, Eq)]
enum Letters {
    One(char),
    All,
    /// Ranges in order, which do not touch.
    Set(Vec<(u32, u32)>),
}

struct Token {
    letters: Letters,
    count: Count,
}

impl Token {
    fn is_single(&self) -> bool {
        self.count == Count::Once
    }

    /// Whether there is a character that both match.
    fn meets(&self, other: &Token) -> bool {
        match (&self.letters, &other.letters) {
            (Letters::All, _) | (_, Letters::All) => true,
            (Letters::One(left), Letters::One(right)) => left == right,
            (Letters::One(one), Letters::Set(set)) | (Letters::Set(set), Letters::One(one)) => {
                overlap(set, &[(u32::from(*one), u32::from(*one))])
            }
            (Letters::Set(left), Letters::Set(right)) => overlap(left, right),
        }
    }
}

/// Whether two sets of ranges share a character.
fn overlap(left: &[(u32, u32)], right: &[(u32, u32)]) -> bool {
    let (few, many) = if left.len() < right.len() { (left, right) } else { (right, left) };
    few.iter().any(|(low, high)| {
        let next = many.partition_point(|(_, end)| end < low);
        many.get(next).is_some_and(|(start, _)| start <= high)
    })
}

struct Parser<'t> {
    text: &'t str,
    letters: Vec<char>,
    at: usize,
}

impl Parser<'_> {
    fn parse(mut self) -> Result<Vec<Token>, Failure> {
        let mut tokens: Vec<Token> = Vec::new();
        while let Some(token) = self.token()? {
            // Equal tokens that both repeat are one. It must occur once if either must, though it should be twice.
            let last = tokens.last_mut().filter(|last| !last.is_single() && !token.is_single());
            match last.filter(|last| last.letters == token.letters) {
                Some(last) if token.count == Count::AtLeastOnce => last.count = Count::AtLeastOnce,
                Some(_) => {}
                None => tokens.push(token),
            }
        }
        Ok(tokens)
    }

    fn error<T>(&self, at: usize, what: &str) -> Result<T, Failure> {
        Err(Failure::Error(format!("input:{}, pos:{at}, {what}: the input provided is invalid", self.text)))
    }

    /// The next character, and whether a backslash stands before it.
    fn letter(&mut self) -> Result<Option<(char, bool)>, Failure> {
        let next = |parser: &mut Self| {
            let letter = parser.letters.get(parser.at).copied();
            parser.at += usize::from(letter.is_some());
            letter
        };
        match next(self) {
            Some('\\') => match next(self) {
                Some(letter) => Ok(Some((letter, true))),
                None => self.error(self.at - 1, "input ends with a \\ (escape) character"),
            },
            letter => Ok(letter.map(|letter| (letter, false))),
        }
    }

    fn token(&mut self) -> Result<Option<Token>, Failure> {
        let Some(letter) = self.letter()? else {
            return Ok(None);
        };
        let letters = match letter {
            ('.', false) => Letters::All,
            ('[', false) => self.set()?,
            (']', false) => return self.error(self.at, "set-close ']' with no preceding '['"),
            (flag @ ('+' | '*'), false) => {
                return self.error(self.at, &format!("flag '{flag}' must be preceded by a non-flag"));
            }
            (letter, _) => Letters::One(letter),
        };
        let start = self.at;
        let count = match self.letter()? {
            Some(('+', false)) => Count::AtLeastOnce,
            Some(('*', false)) => Count::Any,
            _ => {
                self.at = start;
                Count::Once
            }
        };
        Ok(Some(Token { letters, count }))
    }

    /// A set, after its opening bracket.
    fn set(&mut self) -> Result<Letters, Failure> {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        let mut previous = None;
        loop {
            match self.letter()? {
                None => return self.error(self.at, "found [ without matching ]"),
                Some((']', false)) => break,
                Some(('-', false)) => {
                    let Some(low) = previous.take() else {
                        return self.error(self.at, "range character '-' must be preceded by a Unicode character");
                    };
                    if self.at + 1 >= self.letters.len() {
                        return self.error(self.at, "range character '-' must be followed by a Unicode character");
                    }
                    let Some((high, escaped)) = self.letter()? else { continue };
                    if !escaped && matches!(high, ']' | '-') {
                        return self.error(self.at, "range character '-' cannot be followed by a special symbol");
                    }
                    if high < low {
                        let what = format!("range is out of order: '{high}' comes before '{low}' in Unicode");
                        return self.error(self.at, &what);
                    }
                    ranges.push((u32::from(low), u32::from(high)));
                }
                Some((letter, _)) => {
                    ranges.push((u32::from(letter), u32::from(letter)));
                    previous = Some(letter);
                }
            }
        }
        ranges.sort_unstable();
        ranges.dedup_by(|next, last| {
            let touches = next.0 <= last.1.saturating_add(1);
            if touches {
                last.1 = last.1.max(next.1);
            }
            touches
        });
        Ok(Letters::Set(ranges))
    }
}

/// The part of both that is left when single tokens at the ends have been compared; none if they differ. The last pair
/// compared at either end stays, as in OPA.
fn trim<'t>(left: &'t [Token], right: &'t [Token]) -> Option<(&'t [Token], &'t [Token])> {
    let single = |(left, right): &(&Token, &Token)| left.is_single() && right.is_single();
    let mut start = 0;
    for (left, right) in left.iter().zip(right).take_while(single) {
        if !left.meets(right) {
            return None;
        }
        start += 1;
    }
    let (left, right) = (left.get(start.max(1) - 1..)?, right.get(start.max(1) - 1..)?);
    let mut end = 0;
    for (left, right) in left.iter().rev().zip(right.iter().rev()).take_while(single) {
        if !left.meets(right) {
            return None;
        }
        end += 1;
    }
    let end = usize::max(end, 1) - 1;
    Some((left.get(..left.len() - end)?, right.get(..right.len() - end)?))
}

/// What holds of the rests of both patterns from a pair of positions on.
#[derive(Clone, Copy, Default)]
struct Cell {
    /// They meet, the left one's repetitions looked at first.
    left_first: bool,
    /// They meet, the right one's repetitions looked at first.
    right_first: bool,
    /// They meet if the left one begins with what may occur any number of times.
    left_any: bool,
    /// They meet if the right one does.
    right_any: bool,
}

fn intersect(left: &[Token], right: &[Token]) -> bool {
    let Some((left, right)) = trim(left, right) else {
        return false;
    };
    // The row of the position after the last of `left`, then upwards.
    let mut below: Vec<Cell> = (0..=right.len())
        .map(|at| Cell {
            left_first: at == right.len(),
            right_first: at == right.len(),
            left_any: false,
            right_any: at + 1 == right.len(),
        })
        .collect();
    for (row, token) in left.iter().enumerate().rev() {
        let is_last = row + 1 == left.len();
        let mut cells = vec![Cell { left_any: is_last, ..Cell::default() }; right.len() + 1];
        let mut after = Cell { left_any: is_last, ..Cell::default() };
        for (column, other) in right.iter().enumerate().rev() {
            let (down, beyond) =
                (below.get(column).copied().unwrap_or_default(), below.get(column + 1).copied().unwrap_or_default());
            let cell = step(token, other, left.get(row + 1), right.get(column + 1), down, after, beyond);
            if let Some(place) = cells.get_mut(column) {
                *place = cell;
            }
            after = cell;
        }
        below = cells;
    }
    below.first().is_some_and(|cell| cell.left_first)
}

/// The cell of `left` and `right`; `down` is that of the next of the left pattern and `right`, `after` that of `left`
/// and the next of the right one, `beyond` that of both next ones.
fn step(
    left: &Token,
    right: &Token,
    next_left: Option<&Token>,
    next_right: Option<&Token>,
    down: Cell,
    after: Cell,
    beyond: Cell,
) -> Cell {
    let meet = left.meets(right);
    let left_any = next_left.is_some_and(|next| right.meets(next) && down.left_first) || (meet && after.left_any);
    let right_any = next_right.is_some_and(|next| left.meets(next) && after.right_first) || (meet && down.right_any);
    let repeat_left = || match left.count {
        Count::Any => left_any,
        _ => meet && (after.left_any || (!right.is_single() && down.left_first)),
    };
    let repeat_right = || match right.count {
        Count::Any => right_any,
        _ => meet && (down.right_any || (!left.is_single() && after.right_first)),
    };
    let (left_first, right_first) = match (left.is_single(), right.is_single()) {
        (true, true) => (meet && beyond.left_first, meet && beyond.right_first),
        (false, true) => (repeat_left(), repeat_left()),
        (true, false) => (repeat_right(), repeat_right()),
        (false, false) => (repeat_left(), repeat_right()),
    };
    Cell { left_first, right_first, left_any, right_any }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn answers_are_those_of_opa() {
        // The third is not what set theory says.
        check(&[
            ("regex.globs_match", &[r#""""#, r#""""#], "true"),
            ("regex.globs_match", &[r#""a*""#, r#""""#], "false"),
            ("regex.globs_match", &[r#""a+""#, r#""a*b*""#], "false"),
            ("regex.globs_match", &[r#""[a-c]x+""#, r#""[c-e].""#], "true"),
            (
                "regex.globs_match",
                &[r#""[a""#, r#""""#],
                "!input:[a, pos:2, found [ without matching ]: the input provided is invalid",
            ),
        ]);
    }
}
