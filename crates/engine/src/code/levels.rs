//! How deep the values of saved code can nest.
//!
//! Of a policy that is compiled, `plan::depth` knows it from the plans. Saved code has none, so its instructions are
//! followed: each register has as many levels as what is put into it. Code that was not made by the compiler could nest
//! values in a loop, or ask for documents that it does not name; it is refused.

use super::flow::{Flow, Work, follow};
use super::{ConstantId, Function, Op, Operand, PathId, Range, Target, Unit, graph};
use crate::plan::depth::{MAX, of_builtin};
use crate::plan::{Function as Callee, Tree};
use crate::saved::Result;
use crate::value::Value;
use std::sync::Arc;

/// Levels that are taken for too many. They are counted a little more roughly than in plans.
const TOO_MANY: u32 = 2 * MAX;

const WRONG_WORLD: &str = "it does not leave a world as it came in";

const WRONG: &str = "its collections do not end where they begin";

/// Levels that each document adds to what it is made of.
pub fn levels(
    tree: &Tree,
    unit: &Unit,
    functions: &[Function],
    needs: &graph::Needs,
    work: &mut Work,
) -> Result<Vec<u32>> {
    let constants: Vec<u32> = unit.constants().iter().map(depth).collect();
    let mut of_function = |function: &Function, known: &[u32], below: u32| -> Result<u32> {
        let mut values = Values { unit, function, constants: &constants, known, below, result: 0 };
        if values.is_flat() {
            values.any_way();
        } else {
            follow(function, &mut values, State::default(), work)?;
        }
        Ok(values.result)
    };
    let mut known = vec![0; functions.len()];
    if needs.has_cycle {
        // Whatever paths lead to, none is gone twice: together they add no more than each by itself.
        let mut total = 0_u32;
        for (at, function) in functions.iter().enumerate() {
            let own = of_function(function, &known, 0)?;
            total = total.saturating_add(own).saturating_add(path_length(tree, at));
        }
        known.fill(total);
        return if total > TOO_MANY { Err("its values nest too deep".to_owned()) } else { Ok(known) };
    }
    for document in &needs.order {
        let at = *document as usize;
        let Some(function) = functions.get(at) else { continue };
        let documents = graph::followed(tree, function).into_iter().map(|document| document as usize);
        let levels = documents.filter_map(|document| Some(known.get(document)? + path_length(tree, document)));
        let below = levels.max().unwrap_or_default();
        let result = of_function(function, &known, below)?;
        if let Some(levels) = known.get_mut(at) {
            *levels = result;
        }
    }
    Ok(known)
}

fn path_length(tree: &Tree, document: usize) -> u32 {
    tree.documents.get(document).map_or(0, |document| document.path.len() as u32)
}

fn depth(value: &Value<'_>) -> u32 {
    let deepest = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        // A member is looked at once, though it is a key, too.
        Value::Set(set) => set.items().iter().map(depth).max(),
        Value::Object(object) => object.entries().iter().map(|(key, part)| depth(key).max(depth(part))).max(),
        _ => return 0,
    };
    deepest.unwrap_or_default() + 1
}

/// What is known of a register.
#[derive(Clone, Copy, Default, PartialEq)]
struct Fact {
    levels: u32,
    holds: Holds,
}

/// What a register is known to hold.
#[derive(Clone, Copy, Default, PartialEq)]
enum Holds {
    #[default]
    Anything,
    Constant(ConstantId),
    /// The mark of the collection begun as this one of those that are open.
    Mark(usize),
    /// A world, with as many levels as `with` has put into it.
    World(WorldId),
}

/// A world: 0 for the one that the function begins in, otherwise the place of the instruction that made it, plus 1.
type WorldId = usize;

/// What is known at a place in the code.
#[derive(Clone, Default)]
struct State {
    /// Registers of which something is known, in order.
    facts: Vec<(u16, Fact)>,
    /// The collections that are open.
    open: Vec<Open>,
    /// The world, and the levels of what `with` has put into it.
    current: WorldId,
    world: u32,
}

/// A collection that has begun and not ended.
#[derive(Clone, Copy, Default)]
struct Open {
    /// Levels of what is in it.
    levels: u32,
    /// Whether something was added below several keys, and whether something was added otherwise: what ends the
    /// collection takes the one for the other.
    has_nested: bool,
    has_plain: bool,
}

impl Open {
    /// Takes in what another way has put into it; whether that changes it.
    fn join(&mut self, other: Open) -> bool {
        let is_more =
            other.levels > self.levels || other.has_nested && !self.has_nested || other.has_plain && !self.has_plain;
        self.levels = self.levels.max(other.levels);
        self.has_nested |= other.has_nested;
        self.has_plain |= other.has_plain;
        is_more
    }
}

impl State {
    fn get(&self, register: u16) -> Fact {
        let found = self.facts.binary_search_by_key(&register, |(register, _)| *register).ok();
        found.and_then(|at| self.facts.get(at)).map(|(_, fact)| *fact).unwrap_or_default()
    }

    fn set(&mut self, register: u16, fact: Fact) {
        match self.facts.binary_search_by_key(&register, |(register, _)| *register) {
            Ok(at) if fact == Fact::default() => {
                self.facts.remove(at);
            }
            Ok(at) => {
                if let Some(place) = self.facts.get_mut(at) {
                    place.1 = fact;
                }
            }
            Err(_) if fact == Fact::default() => {}
            Err(at) => self.facts.insert(at, (register, fact)),
        }
    }
}

/// Follows the values of one function.
struct Values<'f> {
    unit: &'f Unit,
    function: &'f Function,
    /// Levels of constants.
    constants: &'f [u32],
    /// Levels of documents.
    known: &'f [u32],
    /// Levels of the documents that it finds at run time.
    below: u32,
    result: u32,
}

impl Values<'_> {
    /// Whether no instruction adds levels, so that what is put where does not matter.
    fn is_flat(&self) -> bool {
        self.function.ops.iter().all(|op| match *op {
            Op::Call { document, .. } | Op::Call1 { document, .. } | Op::Call2 { document, .. } => {
                self.levels_of(document.0) == 0
            }
            Op::Builtin { builtin, .. }
            | Op::Builtin1 { builtin, .. }
            | Op::Builtin2 { builtin, .. }
            | Op::Builtin3 { builtin, .. }
            | Op::MinusKeys { builtin, .. } => self.added_by(builtin.0) == 0,
            Op::Data { .. } | Op::DataKeys { .. } | Op::Begin { .. } => false,
            Op::Walk { .. } | Op::WalkParts { .. } => false,
            Op::Enter { .. }
            | Op::EnterInput { .. }
            | Op::Replace { .. }
            | Op::Redirect { .. }
            | Op::SetWorld { .. } => false,
            Op::MakeArray { .. } | Op::MakeSet { .. } | Op::MakeObject { .. } | Op::MakeRecord { .. } => false,
            Op::Format { .. } => false,
            _ => ends(op).is_none() && pushes(op).is_none(),
        })
    }

    /// The levels of anything in a flat function.
    fn any_way(&mut self) {
        for op in &self.function.ops {
            if let Op::Document { document, .. }
            | Op::NamedPath { document, .. }
            | Op::NamedOrNull { document, .. }
            | Op::FixedDocument { document, .. } = op
            {
                self.result = self.result.max(self.levels_of(document.0));
            }
            let mut levels = 0;
            op.operands(|_, operand| {
                if let Operand::Constant(constant) = operand {
                    levels = levels.max(self.constants.get(constant as usize).copied().unwrap_or_default());
                }
            });
            self.result = self.result.max(levels);
        }
    }

    /// The most levels of what an instruction reads.
    fn levels_read(&self, op: &Op, state: &State) -> u32 {
        let mut levels = 0;
        op.operands(|_, operand| {
            let read = match operand {
                Operand::Read(register) => state.get(register).levels,
                Operand::Constant(constant) => self.constants.get(constant as usize).copied().unwrap_or_default(),
                Operand::Range(Range { first, count }) => {
                    let last = first.saturating_add(count);
                    let start = state.facts.partition_point(|(register, _)| *register < first);
                    let facts = state.facts.iter().skip(start).take_while(|(register, _)| *register < last);
                    facts.map(|(_, fact)| fact.levels).max().unwrap_or_default()
                }
                _ => 0,
            };
            levels = levels.max(read);
        });
        levels
    }

    /// Whether it matters which registers hold constants.
    fn follows_paths(&self) -> bool {
        !self.function.followed.is_empty() || !self.function.listed.is_empty()
    }

    fn levels_of(&self, document: u32) -> u32 {
        self.known.get(document as usize).copied().unwrap_or_default()
    }

    fn added_by(&self, builtin: u16) -> u32 {
        self.unit.builtins.get(usize::from(builtin)).map_or(0, |builtin| of_builtin(builtin))
    }

    fn path_of(&self, target: u32) -> u32 {
        let path = match self.unit.targets.get(target as usize) {
            Some(Target::Input(PathId(path)) | Target::Data(PathId(path), _)) => self.unit.paths.get(*path as usize),
            _ => None,
        };
        path.map_or(0, |path| path.len() as u32)
    }

    fn levels_of_target(&self, target: u32) -> u32 {
        match self.unit.targets.get(target as usize) {
            Some(Target::Redirect(_, Callee::Document(document))) => self.levels_of(document.0),
            Some(Target::Redirect(_, Callee::Builtin(builtin))) => of_builtin(builtin),
            _ => 0,
        }
    }

    /// Checks that the function says of a path that it follows or lists it.
    fn check_path(&self, keys: Range, state: &State, said: &[Vec<Option<Arc<str>>>]) -> Result<()> {
        let constants = self.unit.constants();
        let keys =
            (keys.first..keys.first.saturating_add(keys.count)).map(|register| match state.get(register).holds {
                Holds::Constant(constant) => constants.get(constant.0 as usize),
                _ => None,
            });
        let keys: Vec<Option<&Value<'_>>> = keys.collect();
        // A key that is no string leads to no document.
        let is_same = |(said, key): (&Option<Arc<str>>, &Option<&Value<'_>>)| match (said, key) {
            (None, _) => true,
            (Some(said), Some(key)) => key.as_str().is_none_or(|key| key == &**said),
            (Some(_), None) => false,
        };
        let is_said = said.iter().any(|path| path.len() == keys.len() && path.iter().zip(&keys).all(is_same));
        if is_said { Ok(()) } else { Err("it follows a path below data and does not say so".to_owned()) }
    }
}

impl Flow for Values<'_> {
    type State = State;

    fn meet(&mut self, known: &mut State, other: &State) -> Result<bool> {
        if known.open.len() != other.open.len() {
            return Err(WRONG.to_owned());
        }
        if known.current != other.current {
            return Err(WRONG_WORLD.to_owned());
        }
        let mut is_more = other.world > known.world;
        known.world = known.world.max(other.world);
        for (own, other) in known.open.iter_mut().zip(&other.open) {
            is_more |= own.join(*other);
        }
        // Mostly both ways know the same.
        if known.facts != other.facts {
            let joined = joined(&known.facts, &other.facts);
            is_more |= joined != known.facts;
            known.facts = joined;
        }
        Ok(is_more)
    }

    fn step(&mut self, pc: usize, op: &Op, state: &mut State) -> Result<()> {
        let read = self.levels_read(op, state);
        let mut written = Fact { levels: read, holds: Holds::Anything };
        match *op {
            Op::Constant { constant, .. } => {
                written.levels = self.constants.get(constant.0 as usize).copied().unwrap_or_default();
                if self.follows_paths() {
                    written.holds = Holds::Constant(constant);
                }
            }
            Op::Input { .. } | Op::InputPath { .. } | Op::InputOrNull { .. } | Op::BaseData { .. } => {
                written.levels = state.world
            }
            Op::Document { document, .. }
            | Op::NamedPath { document, .. }
            | Op::NamedOrNull { document, .. }
            | Op::Call { document, .. }
            | Op::Call1 { document, .. }
            | Op::Call2 { document, .. } => written.levels = read + self.levels_of(document.0) + state.world,
            // It is the one or the other.
            Op::FixedDocument { document, .. } => written.levels = read.max(self.levels_of(document.0)) + state.world,
            Op::Builtin { builtin, .. }
            | Op::Builtin1 { builtin, .. }
            | Op::Builtin2 { builtin, .. }
            | Op::Builtin3 { builtin, .. }
            | Op::MinusKeys { builtin, .. } => written.levels = (read + self.added_by(builtin.0)).max(state.world),
            // What stands in for the builtin may give the array.
            Op::Format { .. } => written.levels = (read + 1).max(state.world),
            Op::Data { keys, .. } => {
                self.check_path(keys, state, &self.function.followed)?;
                written.levels = self.below + state.world;
            }
            Op::DataKeys { keys, .. } => {
                self.check_path(keys, state, &self.function.listed)?;
                written.levels = self.below + state.world + 1;
            }
            Op::MakeArray { .. } | Op::MakeSet { .. } | Op::MakeObject { .. } | Op::MakeRecord { .. } => {
                written.levels = read + 1;
            }
            Op::Walk { .. } => written.levels = read + 1,
            Op::WalkParts { .. } => written.levels = read + 2,
            Op::Begin { .. } => {
                written = Fact { levels: 0, holds: Holds::Mark(state.open.len()) };
                state.open.push(Open::default());
            }
            Op::Replace { target, .. } => state.world = state.world.max(read + self.path_of(target.0)),
            Op::Redirect { target } => state.world = state.world.max(self.levels_of_target(target.0)),
            Op::Enter { .. } | Op::EnterInput { .. } => {
                written = Fact { levels: state.world, holds: Holds::World(state.current) };
                state.current = pc + 1;
            }
            Op::World { .. } => written = Fact { levels: state.world, holds: Holds::World(state.current) },
            Op::SetWorld { src } => {
                let Fact { levels, holds: Holds::World(world) } = state.get(src.0) else {
                    return Err(WRONG_WORLD.to_owned());
                };
                (state.current, state.world) = (world, levels);
            }
            Op::Return {} | Op::ReturnValue { .. } | Op::SettleValue { .. } if state.current != 0 => {
                return Err(WRONG_WORLD.to_owned());
            }
            Op::Return {} | Op::ReturnValue { .. } | Op::SettleValue { .. } if !state.open.is_empty() => {
                return Err(WRONG.to_owned());
            }
            Op::Yield { .. } | Op::ReturnValue { .. } | Op::SettleValue { .. } => self.result = self.result.max(read),
            _ => {}
        }
        if let Some(added) = pushes(op) {
            let has_nested = is_nested(op);
            let added = Open { levels: read + added, has_nested, has_plain: !has_nested };
            state.open.last_mut().ok_or(WRONG)?.join(added);
        }
        if let Some((mark, added)) = ends(op) {
            let Open { levels, has_nested, has_plain } = state.open.pop().ok_or(WRONG)?;
            let is_mixed = if matches!(op, Op::EndNested { .. }) { has_plain } else { has_nested };
            if is_mixed {
                return Err("its collections have parts of two kinds".to_owned());
            }
            if state.get(mark).holds != Holds::Mark(state.open.len()) {
                return Err(WRONG.to_owned());
            }
            state.set(mark, Fact::default());
            written.levels = if added == 0 { levels.max(1) } else { levels + added };
        }
        if written.levels.max(self.result).max(state.world) > TOO_MANY {
            return Err(format!("its values nest more than {MAX} levels deep"));
        }
        op.operands(|_, operand| {
            if let Operand::Write(register) = operand {
                state.set(register, written);
            }
        });
        Ok(())
    }

    fn size(&self, state: &State) -> usize {
        state.facts.len() + state.open.len()
    }
}

/// What two ways know together. A register of which only one of them knows something holds anything, with the levels
/// that it has there.
fn joined(left: &[(u16, Fact)], right: &[(u16, Fact)]) -> Vec<(u16, Fact)> {
    let mut joined = Vec::with_capacity(left.len().max(right.len()));
    let (mut lefts, mut rights) = (left.iter().peekable(), right.iter().peekable());
    loop {
        let (register, one, other) = match (lefts.peek(), rights.peek()) {
            (None, None) => return joined,
            (Some((left, one)), Some((right, other))) if left == right => (*left, *one, *other),
            (Some((left, one)), right) if right.is_none_or(|(right, _)| left < right) => (*left, *one, Fact::default()),
            (_, Some((right, other))) => (*right, Fact::default(), *other),
            (Some((left, one)), None) => (*left, *one, Fact::default()),
        };
        lefts.next_if(|(left, _)| *left == register);
        rights.next_if(|(right, _)| *right == register);
        let holds = if one.holds == other.holds { one.holds } else { Holds::Anything };
        let both = Fact { levels: one.levels.max(other.levels), holds };
        if both != Fact::default() {
            joined.push((register, both));
        }
    }
}

/// Whether an instruction adds something below several keys.
fn is_nested(op: &Op) -> bool {
    matches!(op, Op::PushNested { .. } | Op::PushPlace { .. } | Op::PushMember { .. })
}

/// The levels that an instruction adds to what it puts into a collection, if it does.
fn pushes(op: &Op) -> Option<u32> {
    match op {
        Op::Push { .. }
        | Op::PushParts { .. }
        | Op::PushGroups { .. }
        | Op::PushEqualParts { .. }
        | Op::PushKeys { .. }
        | Op::PushFound { .. }
        | Op::PushEntry { .. } => Some(0),
        Op::PushNested { keys, .. } | Op::PushPlace { keys, .. } => Some(u32::from(keys.count)),
        Op::PushMember { keys, .. } => Some(u32::from(keys.count) + 1),
        _ => None,
    }
}

/// The register with the mark of the collection that an instruction ends, if it does, and the levels that it adds.
fn ends(op: &Op) -> Option<(u16, u32)> {
    match op {
        Op::EndArray { mark, .. }
        | Op::EndSet { mark, .. }
        | Op::EndUnordered { mark, .. }
        | Op::EndObject { mark, .. } => Some((mark.0, 1)),
        Op::EndNested { mark, .. } => Some((mark.0, 0)),
        _ => None,
    }
}
