//! What `walk` finds is taken without the pairs of path and value.
//!
//! `walk(x, [path, value])` has an array of two for each value, and an array for its path. Where a body only takes the
//! pairs apart, the loop walks over the values alone, so that an equality can become its filter, and a path is put together
//! where it is first asked for: behind the tests that do not need it. Where each path is asked for at once, pairs are better:
//! there a path is a copy of the one before it.

use super::counts::uses;
use crate::builtins::Purity;
use crate::hir::Const;
use crate::plan::pieces::{
    Piece, PieceMut, pieces_of_branch_mut, pieces_of_expr, pieces_of_expr_mut, pieces_of_step, pieces_of_step_mut,
    slots_of_expr, slots_of_step,
};
use crate::plan::{Block, Branch, Constant, Definition, Expr, Function, Slot, Step, Test, share};
use hashbrown::HashMap;

/// Whether it is a call of `walk`.
pub(super) fn is_walk(expr: &Expr) -> bool {
    matches!(expr, Expr::Call { function: Function::Builtin(builtin), .. } if builtin.purity == Purity::Relation)
}

/// Takes the pairs out of the definitions of a document. New slots have the same numbers in all of them, so that what rules
/// begin with stays equal; and those that begin alike do the same.
pub(super) fn take_pairs(definitions: &mut [Definition]) {
    let first = definitions.iter().map(|definition| definition.slots).max().unwrap_or_default();
    let found: Vec<Vec<Pairs>> =
        definitions.iter().map(|definition| definition.branches.iter().map(Pairs::of).collect()).collect();
    let is_alike = share::begins_alike(definitions, share::shareable_loops);
    let alike = found.iter().zip(&is_alike).filter(|(_, is_alike)| **is_alike).map(|(pairs, _)| pairs);
    let most_alike = alike.flatten().flat_map(|pairs| pairs.asked.values()).max().copied().unwrap_or(Asked::Never);
    for ((definition, mut found), is_alike) in definitions.iter_mut().zip(found).zip(is_alike) {
        for pairs in &mut found {
            pairs.asked.values_mut().filter(|_| is_alike).for_each(|asked| *asked = most_alike);
            pairs.asked.retain(|_, asked| *asked != Asked::AtOnce);
        }
        if found.iter().all(|pairs| pairs.asked.is_empty()) {
            continue;
        }
        let mut next = first;
        for (branch, pairs) in definition.branches.iter_mut().zip(&found) {
            let mut taker = Taker { pairs, next };
            pieces_of_branch_mut(branch, &mut |piece| taker.piece(piece));
            next = taker.next;
        }
        definition.slots = next;
    }
}

/// When a body asks for a path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Never,
    /// When something that does not need it has held.
    Later,
    AtOnce,
}

/// The pairs of a branch that are only taken apart.
#[derive(Default)]
struct Pairs {
    /// Their slots.
    asked: HashMap<Slot, Asked>,
    /// Slots that get a part of one, and that nobody asks for.
    unused: Vec<Slot>,
}

impl Pairs {
    fn of(branch: &Branch) -> Pairs {
        let Branch { block, keys, value, .. } = branch;
        let mut finder = Finder { uses: uses(branch), pairs: Pairs::default(), taken: HashMap::new() };
        finder.piece(Piece::Block(block));
        keys.iter().chain([value]).for_each(|value| finder.piece(Piece::Expr(value)));
        let Finder { uses, mut pairs, taken } = finder;
        // The loop fills the slot, and nothing else but what takes it apart may name it.
        pairs.asked.retain(|slot, _| uses.get(slot) == taken.get(slot).map(|taken| taken + 1).as_ref());
        pairs
    }
}

struct Finder {
    /// How often each slot is filled or read.
    uses: HashMap<Slot, usize>,
    pairs: Pairs,
    /// How often each pair is taken apart.
    taken: HashMap<Slot, usize>,
}

impl Finder {
    fn piece(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Expr(expr) => match part_of_pair(expr) {
                Some((pair, part)) => self.part(pair, part, true),
                None => pieces_of_expr(expr, &mut |piece| self.piece(piece)),
            },
            Piece::Block(block) => block.iter().for_each(|step| self.step(step)),
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Loop { collection, key: None, value: Some(pair), filter: None, body } if is_walk(collection) => {
                let mut path = PathOf { pair: *pair, slots: Vec::new(), uses: &self.uses };
                let asked = if path.is_asked_at_once(body) { Asked::AtOnce } else { Asked::Never };
                self.pairs.asked.insert(*pair, asked);
            }
            Step::Test(Test::Array(pair, 2)) => return self.take(*pair),
            Step::Bind(slot, value) if let Some((pair, part)) = part_of_pair(value) => {
                let is_unused = self.uses.get(slot) == Some(&1);
                if is_unused {
                    self.pairs.unused.push(*slot);
                }
                return self.part(pair, part, !is_unused);
            }
            _ => {}
        }
        pieces_of_step(step, &mut |piece| self.piece(piece));
    }

    fn part(&mut self, pair: Slot, part: PartOfPair, is_asked: bool) {
        self.take(pair);
        if let Some(asked) = self.pairs.asked.get_mut(&pair)
            && is_asked
            && part == PartOfPair::Path
        {
            *asked = Asked::Later.max(*asked);
        }
    }

    fn take(&mut self, pair: Slot) {
        *self.taken.entry(pair).or_default() += 1;
    }
}

#[derive(Clone, Copy, PartialEq)]
enum PartOfPair {
    Path,
    Value,
}

/// The slot that an expression takes apart, and what it takes.
fn part_of_pair(expr: &Expr) -> Option<(Slot, PartOfPair)> {
    let Expr::Index(base, key) = expr else { return None };
    let (Expr::Slot(slot), Expr::Const(Constant::Scalar(Const::Number(key)))) = (&**base, &**key) else { return None };
    match &**key {
        "0" => Some((*slot, PartOfPair::Path)),
        "1" => Some((*slot, PartOfPair::Value)),
        _ => None,
    }
}

/// What is known of the path in a pair.
struct PathOf<'u> {
    pair: Slot,
    /// Slots that hold it.
    slots: Vec<Slot>,
    uses: &'u HashMap<Slot, usize>,
}

impl PathOf<'_> {
    /// Whether the first thing that a loop does needs the path.
    fn is_asked_at_once(&mut self, body: &Block) -> bool {
        for step in body {
            match step {
                Step::Test(Test::Array(slot, 2)) if *slot == self.pair => {}
                Step::Bind(_, Expr::Slot(_)) => {}
                Step::Bind(slot, value)
                    if let Some((pair, part)) = part_of_pair(value)
                        && pair == self.pair =>
                {
                    if part == PartOfPair::Path && self.uses.get(slot) != Some(&1) {
                        self.slots.push(*slot);
                    }
                }
                Step::Loop { collection, filter: None, body, .. } => {
                    return self.is_in(Piece::Expr(collection)) || self.is_asked_at_once(body);
                }
                step => return self.is_in_step(step),
            }
        }
        // Who asks for it then is the head.
        !self.slots.is_empty()
    }

    fn is_in_step(&self, step: &Step) -> bool {
        let mut is_in = self.slots.iter().any(|slot| step_asks(step, *slot));
        pieces_of_step(step, &mut |piece| is_in = is_in || self.is_in(piece));
        is_in
    }

    fn is_in(&self, piece: Piece<'_>) -> bool {
        match piece {
            Piece::Expr(Expr::Slot(slot)) => self.slots.contains(slot),
            Piece::Expr(expr) if part_of_pair(expr) == Some((self.pair, PartOfPair::Path)) => true,
            Piece::Expr(expr) => {
                let mut is_in = false;
                pieces_of_expr(expr, &mut |piece| is_in = is_in || self.is_in(piece));
                is_in
            }
            Piece::Block(block) => block.iter().any(|step| self.is_in_step(step)),
        }
    }
}

struct Taker<'p> {
    pairs: &'p Pairs,
    next: u32,
}

impl Taker<'_> {
    fn piece(&mut self, piece: PieceMut<'_>) {
        match piece {
            PieceMut::Expr(expr) => pieces_of_expr_mut(expr, &mut |piece| self.piece(piece)),
            PieceMut::Block(block) => self.block(block),
        }
    }

    fn block(&mut self, block: &mut Block) {
        let mut at = 0;
        while let Some(step) = block.get_mut(at) {
            if let Some(found) = self.walk(step) {
                block.insert(at, found);
                at += 1;
            }
            if let Some(step) = block.get_mut(at) {
                pieces_of_step_mut(step, &mut |piece| self.piece(piece));
            }
            at += 1;
        }
    }

    /// Makes a loop over pairs one over values; gives a step that comes before it where paths are asked for.
    fn walk(&mut self, step: &mut Step) -> Option<Step> {
        let Step::Loop { collection, key, value: Some(pair), filter: None, body } = step else { return None };
        let asked = *self.pairs.asked.get(pair)?;
        let Expr::Call { args, at, .. } = &mut *collection else { return None };
        let (root, at) = (Box::new(args.first_mut().map(take)?), *at);
        if asked == Asked::Never {
            *collection = Expr::Walk { root, has_paths: false, at };
            self.put_parts(body, *pair, None);
            return None;
        }
        let (found, place) = (Slot(self.next), Slot(self.next + 1));
        self.next += 2;
        let first = Expr::Const(Constant::Scalar(Const::Number("0".into())));
        *collection = Expr::Index(Box::new(Expr::Slot(found)), Box::new(first));
        *key = Some(place);
        let path = Expr::WalkPath(Box::new(Expr::Slot(found)), Box::new(Expr::Slot(place)));
        self.put_parts(body, *pair, Some(&path));
        sink_paths(body, &path);
        Some(Step::Bind(found, Expr::Walk { root, has_paths: true, at }))
    }

    /// Puts the value in place of a pair's second part, and the path in place of the first. Parts of it that nobody asks for
    /// are left out, as is the test whether it is a pair: all of that is there.
    fn put_parts(&self, block: &mut Block, pair: Slot, path: Option<&Expr>) {
        block.retain(|step| match step {
            Step::Test(Test::Array(slot, 2)) => *slot != pair,
            Step::Bind(slot, part) => {
                !self.pairs.unused.contains(slot) || part_of_pair(part).is_none_or(|(other, _)| other != pair)
            }
            _ => true,
        });
        let mut put = |piece: PieceMut<'_>| self.put_in_piece(piece, pair, path);
        block.iter_mut().for_each(|step| pieces_of_step_mut(step, &mut put));
    }

    fn put_in_piece(&self, piece: PieceMut<'_>, pair: Slot, path: Option<&Expr>) {
        match piece {
            PieceMut::Block(block) => self.put_parts(block, pair, path),
            PieceMut::Expr(expr) => match (part_of_pair(expr), path) {
                (Some((slot, PartOfPair::Value)), _) if slot == pair => *expr = Expr::Slot(pair),
                (Some((slot, PartOfPair::Path)), Some(path)) if slot == pair => *expr = path.clone(),
                _ => pieces_of_expr_mut(expr, &mut |piece| self.put_in_piece(piece, pair, path)),
            },
        }
    }
}

fn take(expr: &mut Expr) -> Expr {
    std::mem::replace(expr, Expr::Undefined)
}

/// Moves the steps of a loop's body that put a path together to where it is first asked for.
fn sink_paths(body: &mut Block, path: &Expr) {
    let mut at = body.len();
    while at > 0 {
        at -= 1;
        if let Some(Step::Bind(slot, value)) = body.get(at)
            && value == path
        {
            let slot = *slot;
            let step = body.remove(at);
            sink(body, at, step, slot);
        }
    }
}

/// Puts a step that fills a slot where that is first asked for, at `from` or behind it.
fn sink(block: &mut Block, from: usize, step: Step, slot: Slot) {
    let mut at = from;
    while let Some(next) = block.get_mut(at) {
        match next {
            Step::With { .. } | Step::Outside(_) | Step::Alternatives(_) => break,
            Step::Loop { collection, filter, body, .. } => {
                let asked = [Some(&*collection), filter.as_deref().map(|filter| &filter.equal)];
                if asked.into_iter().flatten().any(|expr| asks(expr, slot)) {
                    break;
                }
                // A loop that asks for it at once would put it together in each turn.
                if filter.is_none() && body.first().is_none_or(|step| step_asks(step, slot)) {
                    break;
                }
                return sink(body, 0, step, slot);
            }
            Step::DataLoop { .. } => break,
            next if step_asks(next, slot) => break,
            _ => at += 1,
        }
    }
    block.insert(at, step);
}

fn asks(expr: &Expr, slot: Slot) -> bool {
    let mut asks = false;
    slots_of_expr(expr, &mut |other| asks |= other == slot);
    asks
}

fn step_asks(step: &Step, slot: Slot) -> bool {
    let mut asks = false;
    slots_of_step(step, &mut |other| asks |= other == slot);
    asks
}
