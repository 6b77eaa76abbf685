//! The rules that an index finds.

use super::documents::stored;
use super::run::{hints, path};
use super::world::{Hints, World, lookup};
use super::{Machine, PATHS, Reusable};
use crate::code::index::{Hop, Place, Root, Search};
use crate::code::{Function, IndexId, Label, Unit};
use crate::value::Value;

impl<'a> Machine<'a, '_> {
    /// The rules that an index finds, those that come first at the end.
    pub(super) fn find_candidates(
        &mut self,
        unit: &Unit,
        function: &Function,
        index: IndexId,
        registers: &[Value<'a>],
    ) {
        let Some(index) = function.indexes.get(usize::from(index.0)) else { return };
        let (code, world) = (self.code, &self.world);
        let Reusable { hints, candidates, .. } = &mut *self.reusable;
        let sight = Sight { world, registers, unit, known: hints };
        let lookup = |place: &Place| sight.find(place);
        let search = Search { unit, symbols: &code.symbols, lookup, is_plain: world.functions.is_empty() };
        index.find(&search, candidates);
    }
}

/// Where a definition begins.
#[inline(never)]
pub(super) fn definition(function: &Function, number: u32) -> Option<Label> {
    function.definitions.get(number as usize).copied()
}

/// Where an index looks.
struct Sight<'v, 'a> {
    world: &'v World<'a>,
    registers: &'v [Value<'a>],
    unit: &'v Unit,
    known: &'v [Hints; PATHS],
}

impl<'v> Sight<'v, '_> {
    /// What is at a place that an index asks about.
    #[inline(always)]
    fn find(&self, place: &Place) -> Option<&'v Value<'v>> {
        if let (Root::Input, [Hop::Path(id)]) = (place.root, &*place.hops) {
            return lookup(self.world.input?, path(self.unit, *id), hints(self.known, *id)?);
        }
        self.find_elsewhere(place)
    }

    /// The same elsewhere. (By itself, so that the usual way is short.)
    #[inline(never)]
    fn find_elsewhere(&self, place: &Place) -> Option<&'v Value<'v>> {
        let mut at: &'v Value<'v> = match place.root {
            Root::Input => self.world.input?,
            Root::Data => self.world.data,
            Root::Argument(register) => self.registers.get(usize::from(register))?,
        };
        for hop in &place.hops {
            let key = match hop {
                Hop::Path(id) => {
                    at = lookup(at, path(self.unit, *id), hints(self.known, *id)?)?;
                    continue;
                }
                Hop::Constant(id) => self.unit.constants().get(id.0 as usize)?,
                Hop::Key(place) => self.find(place)?,
            };
            at = if place.root == Root::Data { stored(at, key)? } else { at.find(key)? };
        }
        Some(at)
    }
}
