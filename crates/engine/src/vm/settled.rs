//! Documents that are the same in each evaluation: constants, and what is made of base data alone.
//!
//! They are computed by the first evaluation that asks for them, and kept beside the base data that they are made of.
//! What is kept is what any evaluation would find: in a world in which nothing is replaced, in an evaluation without an
//! error of a builtin that strict ones are told of, and of what does not change with time or host.

use super::Machine;
use super::error::Result;
use super::world::Memo;
use crate::stack::{VALUES, with_room};
use crate::value::{Frozen, Value, exceeds};
use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Documents are kept of which the JSON has no more bytes than this.
const LARGEST: usize = 256 << 10;

/// So many documents are kept.
const MOST: usize = 64;

/// What is kept of documents, for one version of the base data.
#[derive(Debug)]
pub struct Settled {
    /// For each document its value; `None` where it is not to be kept.
    values: Box<[OnceLock<Option<Frozen>>]>,
    /// How many are kept.
    count: AtomicUsize,
}

impl Settled {
    /// Places for documents of which is said whether they are the same in each evaluation.
    pub fn new(is_settled: &[bool]) -> Self {
        // Most policies have none, or some among the first ones.
        let places = is_settled.iter().rposition(|is| *is).map_or(0, |last| last + 1);
        Settled { values: (0..places).map(|_| OnceLock::new()).collect(), count: AtomicUsize::new(0) }
    }
}

impl<'a> Machine<'a, '_> {
    /// Whether a document is one of those, here.
    #[inline]
    pub(super) fn is_settled(&self, document: u32) -> bool {
        self.current == 0 && self.code.is_settled.get(document as usize) == Some(&true)
    }

    /// The value of such a document, computed by the first evaluation; `cell` is where this one remembers it.
    #[inline(never)]
    pub(super) fn settled(
        &mut self,
        document: u32,
        cell: &Cell<Memo<'a>>,
        stack: &mut [Value<'a>],
    ) -> Result<Option<Value<'a>>> {
        let known = self.setting.settled.values.get(document as usize);
        if let Some(Some(value)) = known.and_then(OnceLock::get) {
            self.tick()?;
            let value = value.value();
            cell.set(Memo::Value(value));
            return Ok(Some(value));
        }
        let result = self.compute(document, cell, stack)?;
        // Not only its own errors count: what it is made of may have been computed before, with an error.
        if let (Some(value), Some(known)) = (result, known)
            && !self.has_passed_over
            && known.get().is_none()
        {
            let symbols = &self.code.symbols;
            known.get_or_init(|| {
                with_room(VALUES, || self.is_worth_keeping(value).then(|| Frozen::new(value, symbols)))
            });
        }
        Ok(result)
    }

    fn is_worth_keeping(&self, value: Value<'a>) -> bool {
        !exceeds(value, LARGEST) && self.setting.settled.count.fetch_add(1, Ordering::Relaxed) < MOST
    }
}
