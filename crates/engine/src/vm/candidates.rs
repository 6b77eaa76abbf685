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
        let lookup = |place: &Place| find_place(place, world, registers, unit, hints);
        let search = Search { unit, symbols: &code.symbols, lookup, is_plain: world.functions.is_empty() };
        index.find(&search, candidates);
    }
}

/// Where a definition begins.
#[inline(never)]
pub(super) fn definition(function: &Function, number: u32) -> Option<Label> {
    function.definitions.get(number as usize).copied()
}

/// What is at a place that an index asks about.
#[inline(always)]
fn find_place<'v>(
    place: &Place,
    world: &'v World<'_>,
    registers: &'v [Value<'_>],
    unit: &'v Unit,
    known: &[Hints; PATHS],
) -> Option<&'v Value<'v>> {
    if let (Root::Input, [Hop::Path(id)]) = (place.root, &*place.hops) {
        return lookup(world.input?, path(unit, *id), hints(known, *id)?);
    }
    find_other_place(place, world, registers, unit, known)
}

/// [`find_place`] elsewhere. (By itself, so that the usual way is short.)
#[inline(never)]
fn find_other_place<'v>(
    place: &Place,
    world: &'v World<'_>,
    registers: &'v [Value<'_>],
    unit: &'v Unit,
    known: &[Hints; PATHS],
) -> Option<&'v Value<'v>> {
    let mut at: &'v Value<'v> = match place.root {
        Root::Input => world.input?,
        Root::Data => world.data,
        Root::Argument(register) => registers.get(usize::from(register))?,
    };
    for hop in &place.hops {
        let key = match hop {
            Hop::Path(id) => {
                at = lookup(at, path(unit, *id), hints(known, *id)?)?;
                continue;
            }
            Hop::Constant(id) => unit.constants().get(id.0 as usize)?,
            Hop::Key(place) => find_place(place, world, registers, unit, known)?,
        };
        at = if place.root == Root::Data { stored(at, key)? } else { at.find(key)? };
    }
    Some(at)
}
