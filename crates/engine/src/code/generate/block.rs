//! Steps.

use super::super::{Count, DocumentIndex, Function, KindCode, Label, NearPath, Op, Read, Target, Update, Write};
use super::{Generator, World};
use crate::hir::Const;
use crate::plan::pieces::slots_of_expr;
use crate::plan::{self, Block, Comparison, Constant, Expr, Filter, Keys, Part, Slot, Step, Test};
use std::sync::Arc;

/// What happens where a block succeeds. It is told where to go for the next answer and which of several rules it is
/// for, and ends with a jump.
pub(super) type Leaf<'l> = &'l mut dyn FnMut(&mut Generator<'_, '_>, Label, usize);

impl Generator<'_, '_> {
    /// Steps, then `leaf` for rule `which`. Goes to `fail` when there is no further answer.
    pub(super) fn block(&mut self, block: &[Step], fail: Label, which: usize, leaf: Leaf<'_>) {
        for step in block {
            match step {
                Step::Bind(slot, value) => {
                    let dst = self.slot(*slot);
                    self.temporarily(|this| this.expr_into(value, dst, fail));
                }
                Step::Plain { quick, slow } => {
                    let (elsewhere, done) = (self.label(), self.label());
                    self.emit(Op::IsPlain { fail: elsewhere });
                    self.existence(quick, fail, done);
                    self.put(elsewhere);
                    self.existence(slow, fail, done);
                    self.put(done);
                }
                Step::Test(_) if self.held.iter().any(|held| std::ptr::eq(*held, step)) => {}
                Step::Test(test) => self.temporarily(|this| this.test(test, fail)),
                Step::Not(block) => {
                    let passed = self.label();
                    self.existence(block, passed, fail);
                    self.put(passed);
                }
                Step::Exists(block) => {
                    let found = self.label();
                    self.existence(block, fail, found);
                    self.put(found);
                }
                Step::Either(left, right) => {
                    let (second, found) = (self.label(), self.label());
                    self.existence(left, second, found);
                    self.put(second);
                    self.existence(right, fail, found);
                    self.put(found);
                }
                Step::Every { collection, key, value, body } => {
                    let next = self.next;
                    let collection = self.expr(collection, fail);
                    self.emit(Op::IsCollection { src: Read(collection), fail });
                    let (again, done) = self.start(collection, key.map(|key| self.slot(key)), Some(self.slot(*value)));
                    self.existence(body, fail, again);
                    self.put(done);
                    self.next = next;
                }
                Step::Loop { collection, key, value, filter, body } => {
                    let collection = self.expr(collection, fail);
                    if self.optimizations.plans
                        && let Some((test, body)) = member_test(*key, *value, filter.as_deref(), body)
                    {
                        return self.members(collection, test, body, fail, which, leaf);
                    }
                    let (key, value) = (key.map(|key| self.slot(key)), value.map(|value| self.slot(value)));
                    let mut rest = body.as_slice();
                    let (again, done) = match filter.as_deref() {
                        Some(Filter { part: Part::Key, equal }) => {
                            self.entry(collection, key, value, equal, fail);
                            return self.block(body, fail, which, leaf);
                        }
                        Some(Filter { part: Part::Value(path), equal }) => {
                            let second = self.optimizations.plans.then(|| second_test(step)).flatten();
                            let second = second.filter(|_| key.is_none());
                            rest = second.map_or(body, |_| body.get(1..).unwrap_or_default());
                            self.start_filtered(collection, key, value, (path, equal), second, fail)
                        }
                        None => match first_part(step).filter(|_| self.optimizations.plans) {
                            Some((path, asked)) => {
                                rest = body.get(1..).unwrap_or_default();
                                self.start_with_part(collection, key, value, path, asked)
                            }
                            None => self.start(collection, key, value),
                        },
                    };
                    self.block(rest, again, which, leaf);
                    self.put(done);
                    self.emit(Op::Jump { to: fail });
                    return;
                }
                Step::DataLoop { path, key, body } => {
                    let keys = self.range(path, fail);
                    let collection = self.register();
                    let listed = self.path_keys(path);
                    self.function.listed.push(listed);
                    self.emit(Op::DataKeys { dst: Write(collection), keys, fail });
                    let key = self.slot(*key);
                    let (again, done) = self.start(collection, None, Some(key));
                    self.block(body, again, which, leaf);
                    self.put(done);
                    self.emit(Op::Jump { to: fail });
                    return;
                }
                Step::With { modifiers, body } => return self.with(modifiers, body, fail, which, leaf),
                Step::Outside(rest) => return self.outside(rest, fail, which, leaf),
                Step::Alternatives(rests) => {
                    for (which, rest) in rests {
                        let next = self.label();
                        self.temporarily(|this| {
                            if !this.gather_rest(rest, *which, next) {
                                this.block(rest, next, *which, leaf);
                            }
                        });
                        self.put(next);
                    }
                    return self.emit(Op::Jump { to: fail });
                }
                Step::Fired(rule) => self.emit(Op::Fired { rule: Count(*rule) }),
                Step::Fail => {
                    self.emit(Op::Jump { to: fail });
                    // What follows cannot run, but its labels must be put somewhere.
                }
            }
        }
        leaf(self, fail, which);
    }

    /// A block of which only matters whether it has an answer.
    fn existence(&mut self, block: &Block, fail: Label, success: Label) {
        self.temporarily(|this| {
            this.block(block, fail, 0, &mut |this, _, _| this.emit(Op::Jump { to: success }));
        });
    }

    /// Begins a loop; gives the labels of its next turn and of its end, which is still to be put.
    fn start(&mut self, collection: u16, key: Option<u16>, value: Option<u16>) -> (Label, Label) {
        let iterator = self.register();
        self.emit(Op::Start { iterator: Write(iterator) });
        let done = self.label();
        let again = self.here();
        let (iterator, collection) = (Update(iterator), Read(collection));
        let value = if key.is_none() && value.is_none() { Some(self.register()) } else { value };
        self.emit(match (key, value) {
            (Some(key), Some(value)) => Op::Next { iterator, collection, key: Write(key), value: Write(value), done },
            (Some(key), None) => Op::NextKey { iterator, collection, key: Write(key), done },
            (None, value) => Op::NextValue { iterator, collection, value: Write(value.unwrap_or_default()), done },
        });
        (again, done)
    }

    /// Begins a loop over the elements that have something at a path, for which its body asks first.
    fn start_with_part(
        &mut self,
        collection: u16,
        key: Option<u16>,
        value: Option<u16>,
        path: &Keys,
        asked: &Step,
    ) -> (Label, Label) {
        let (iterator, path, done) = (self.register(), self.pool.path(path), self.label());
        let part = match asked {
            Step::Bind(slot, _) => self.slot(*slot),
            _ => self.register(),
        };
        self.emit(Op::Start { iterator: Write(iterator) });
        let again = self.here();
        let (iterator, collection) = (Update(iterator), Read(collection));
        let value = Write(value.unwrap_or_else(|| self.register()));
        self.emit(match key.map(Write) {
            Some(key) => Op::NextPartEntry { iterator, collection, path, key, value, part: Write(part), done },
            None => Op::NextPart { iterator, collection, path, value, part: Write(part), done },
        });
        if let Step::Test(test) = asked {
            self.temporarily(|this| this.test_of_part(test, Read(part), again));
        }
        (again, done)
    }

    /// The rest of a test whose first operand is known.
    fn test_of_part(&mut self, test: &Test, part: Read, fail: Label) {
        match test {
            Test::Truthy(_) => self.emit(Op::Truthy { src: part, fail }),
            Test::Compare(comparison, _, right) => {
                let right = self.operand(right, fail);
                self.compare(*comparison, part, right, fail);
            }
            Test::Member(_, collection) => {
                let collection = self.operand(collection, fail);
                self.emit(Op::Member { item: part, collection, fail });
            }
            _ => {}
        }
    }

    /// A loop over the elements that are members of another collection, too. That one is computed in the first turn, as
    /// a loop without turns must not fail with an error of it.
    fn members(
        &mut self,
        collection: u16,
        (value, others): (Slot, &Expr),
        body: &[Step],
        fail: Label,
        which: usize,
        leaf: Leaf<'_>,
    ) {
        let (iterator, collection) = (self.register(), Read(collection));
        // What a slot holds need not be copied.
        let held = matches!(others, Expr::Slot(_)).then(|| self.expr(others, fail));
        let (value, others_register) = (self.slot(value), held.unwrap_or_else(|| self.register()));
        let (done, found) = (self.label(), self.label());
        self.emit(Op::Start { iterator: Write(iterator) });
        let first = self.here();
        self.emit(Op::NextValue { iterator: Update(iterator), collection, value: Write(value), done });
        if held.is_none() {
            self.expr_into(others, others_register, first);
        }
        let (again, others) = (self.label(), Read(others_register));
        self.emit(Op::Member { item: Read(value), collection: others, fail: again });
        self.emit(Op::Jump { to: found });
        self.put(again);
        self.emit(Op::NextMember { iterator: Update(iterator), collection, others, value: Write(value), done });
        self.put(found);
        self.block(body, again, which, leaf);
        self.put(done);
        self.emit(Op::Jump { to: fail });
    }

    /// The same for a loop over the elements that a filter lets through; a second one only where there is no key.
    fn start_filtered(
        &mut self,
        collection: u16,
        key: Option<u16>,
        value: Option<u16>,
        (path, equal): (&[Arc<str>], &Expr),
        second: Option<(&Keys, &Expr)>,
        fail: Label,
    ) -> (Label, Label) {
        let equal = Read(self.expr(equal, fail));
        let path = self.pool.path(path);
        let second = second.map(|(second, other)| (self.pool.path(second), Read(self.expr(other, fail))));
        let (among, iterator) = (self.register(), self.register());
        let (dst, start, collection) = (Write(among), Write(iterator), Read(collection));
        self.emit(match key {
            Some(_) => Op::AmongEntries { dst, iterator: start, collection, path, equal },
            None => Op::Among { dst, iterator: start, collection, path, equal },
        });
        let done = self.label();
        let again = self.here();
        let (iterator, collection) = (Update(iterator), Read(among));
        let value = Write(value.unwrap_or_else(|| self.register()));
        let near = second.and_then(|(second, other)| Some((NearPath::new(path)?, NearPath::new(second)?, other)));
        match (key.map(Write), near) {
            (Some(key), _) => self.emit(Op::NextEqualEntry { iterator, collection, path, equal, key, value, done }),
            (None, Some((path, second, other))) => {
                self.emit(Op::NextEqualBoth { iterator, collection, path, equal, second, other, value, done });
            }
            (None, None) => {
                self.emit(Op::NextEqual { iterator, collection, path, equal, value, done });
                if let Some((path, right)) = second {
                    self.emit(Op::PathEqual { src: Read(value.0), right, path, fail: again });
                }
            }
        }
        (again, done)
    }

    /// The only turn of a loop over the elements that have a key.
    fn entry(&mut self, collection: u16, key: Option<u16>, value: Option<u16>, equal: &Expr, fail: Label) {
        let equal = self.operand(equal, fail);
        let [key, value] = [key, value].map(|register| Write(register.unwrap_or_else(|| self.register())));
        self.emit(Op::Entry { key, value, collection: Read(collection), equal, fail });
    }

    fn with(&mut self, modifiers: &[plan::Modifier], body: &Block, fail: Label, which: usize, leaf: Leaf<'_>) {
        let (outer, inner) = (self.register(), self.register());
        let targets: Vec<_> = modifiers
            .iter()
            .map(|modifier| match modifier {
                plan::Modifier::Input(path, value) => {
                    let target = Target::Input(self.pool.path(path));
                    (target, Some(self.expr(value, fail)))
                }
                plan::Modifier::Data(path, value) => {
                    let target = Target::Data(self.pool.path(path), self.tree.documents_under(path));
                    (target, Some(self.expr(value, fail)))
                }
                plan::Modifier::Function(function, value) => {
                    (Target::Function(*function), Some(self.expr(value, fail)))
                }
                plan::Modifier::Redirect(from, to) => {
                    if let plan::Function::Document(document) = to {
                        self.function.documents.push(*document);
                    }
                    (Target::Redirect(*from, *to), None)
                }
            })
            .collect();
        let is_input = modifiers.iter().all(|modifier| matches!(modifier, plan::Modifier::Input(..)));
        let outer_world = Write(outer);
        self.emit(match is_input && self.optimizations.plans {
            true => Op::EnterInput { outer: outer_world },
            false => Op::Enter { outer: outer_world },
        });
        for (target, value) in targets {
            let target = self.pool.target(target);
            self.emit(match value {
                Some(value) => Op::Replace { target, src: Read(value) },
                None => Op::Redirect { target },
            });
        }
        self.emit(Op::World { dst: Write(inner) });
        let leave = self.label();
        self.worlds.push(World { outer, inner });
        self.block(body, leave, which, leaf);
        self.worlds.pop();
        self.put(leave);
        self.emit(Op::SetWorld { src: Read(outer) });
        self.emit(Op::Jump { to: fail });
    }

    /// The rest of a block after a `with`: back in the world outside, and into the one inside for further answers.
    fn outside(&mut self, rest: &Block, fail: Label, which: usize, leaf: Leaf<'_>) {
        let Some(world) = self.worlds.pop() else { return };
        self.emit(Op::SetWorld { src: Read(world.outer) });
        let again = self.label();
        self.block(rest, again, which, leaf);
        self.put(again);
        self.emit(Op::SetWorld { src: Read(world.inner) });
        self.emit(Op::Jump { to: fail });
        self.worlds.push(world);
    }

    fn test(&mut self, test: &Test, fail: Label) {
        match test {
            Test::Truthy(Expr::Const(constant)) if self.optimizations.plans => {
                if *constant == Constant::Scalar(Const::Bool(false)) {
                    self.emit(Op::Jump { to: fail });
                }
            }
            Test::Truthy(Expr::Path(base, keys)) if matches!(**base, Expr::Input) => {
                let path = self.pool.path(keys);
                self.emit(Op::InputTruthy { path, fail });
            }
            Test::Truthy(Expr::Path(base, keys)) => {
                let src = self.operand(base, fail);
                let path = self.pool.path(keys);
                self.emit(Op::PathTruthy { src, path, fail });
            }
            Test::Truthy(Expr::Call { function, args, at }) => self.holds(*function, args, *at, fail),
            Test::Defined(value) => self.temporarily(|this| {
                this.expr(value, fail);
            }),
            Test::Truthy(value) => {
                let src = self.operand(value, fail);
                self.emit(Op::Truthy { src, fail });
            }
            Test::Compare(Comparison::Equal, left, right) => self.equal(left, right, fail),
            Test::Compare(comparison, left, right) => {
                let (left, right) = (self.operand(left, fail), self.operand(right, fail));
                self.compare(*comparison, left, right, fail);
            }
            Test::Member(item, collection) => {
                let common = self.common(item, collection);
                let item = common.unwrap_or_else(|| self.operand(item, fail));
                let collection = self.operand(collection, fail);
                self.emit(Op::Member { item, collection, fail });
            }
            Test::Kind(value, kind, builtin) => {
                let src = self.operand(value, fail);
                let builtin = self.pool.builtin(builtin);
                self.emit(Op::IsKind { src, kind: KindCode(*kind as u16), builtin, fail });
            }
            Test::Array(slot, length) => {
                let length = Count(*length as u32);
                self.emit(Op::IsArray { src: self.read_slot(*slot), length, fail });
            }
            Test::Object(slot, length) => {
                let length = Count(*length as u32);
                self.emit(Op::IsObject { src: self.read_slot(*slot), length, fail });
            }
        }
    }

    fn compare(&mut self, comparison: Comparison, left: Read, right: Read, fail: Label) {
        self.emit(match comparison {
            Comparison::Equal => Op::Equal { left, right, fail },
            Comparison::NotEqual => Op::NotEqual { left, right, fail },
            Comparison::Less => Op::Less { left, right, fail },
            Comparison::LessOrEqual => Op::LessOrEqual { left, right, fail },
            Comparison::Greater => Op::Less { left: right, right: left, fail },
            Comparison::GreaterOrEqual => Op::LessOrEqual { left: right, right: left, fail },
        });
    }

    fn equal(&mut self, left: &Expr, right: &Expr, fail: Label) {
        let common = [(left, right), (right, left)];
        if let Some((left, right)) =
            common.iter().find_map(|(value, constant)| Some((self.common(value, constant)?, *constant)))
        {
            let right = self.operand(right, fail);
            return self.emit(Op::Equal { left, right, fail });
        }
        match (left, right) {
            (Expr::Path(base, keys), Expr::Const(constant)) | (Expr::Const(constant), Expr::Path(base, keys))
                if matches!(**base, Expr::Input) =>
            {
                let constant = self.pool.constant(constant);
                let path = self.pool.path(keys);
                self.emit(Op::InputEqual { path, constant, fail });
            }
            (Expr::Path(base, keys), other) | (other, Expr::Path(base, keys))
                if !matches!(**base, Expr::Input) && is_at_hand(other) =>
            {
                let src = self.operand(base, fail);
                let right = self.operand(other, fail);
                let path = self.pool.path(keys);
                self.emit(Op::PathEqual { src, right, path, fail });
            }
            (left, right) => {
                let (left, right) = (self.operand(left, fail), self.operand(right, fail));
                self.emit(Op::Equal { left, right, fail });
            }
        }
    }

    /// The result of a call is neither undefined nor `false`.
    fn holds(&mut self, function: plan::Function, args: &[Expr], at: plan::At, fail: Label) {
        match (function, args) {
            (plan::Function::Builtin(builtin), [first, second]) => {
                let (first, second) = (self.operand(first, fail), self.operand(second, fail));
                let builtin = self.pool.builtin(builtin);
                self.at(at.0);
                self.emit(Op::BuiltinHolds { builtin, first, second, fail });
            }
            (plan::Function::Document(document), [arg]) => {
                let arg = self.operand(arg, fail);
                self.function.documents.push(document);
                self.at(at.0);
                self.emit(Op::CallHolds { document: DocumentIndex(document.0), arg, fail });
            }
            _ => {
                let dst = self.register();
                self.call(function, args, at, dst, fail);
                self.emit(Op::Truthy { src: Read(dst), fail });
            }
        }
    }
}

/// The test that a loop begins with, if it is whether its element is a member of something that is only looked up, and
/// what follows it.
fn member_test<'p>(
    key: Option<Slot>,
    value: Option<Slot>,
    filter: Option<&Filter>,
    body: &'p [Step],
) -> Option<((Slot, &'p Expr), &'p [Step])> {
    let (None, Some(value), None, [Step::Test(Test::Member(Expr::Slot(item), others)), rest @ ..]) =
        (key, value, filter, body)
    else {
        return None;
    };
    let mut is_outside = *item == value && is_lookup(others);
    slots_of_expr(others, &mut |slot| is_outside &= slot != value);
    is_outside.then_some(((value, others), rest))
}

/// The test that a loop's body begins with, if it is whether what is at a path in its element equals what is known outside
/// of it.
fn second_test(step: &Step) -> Option<(&Keys, &Expr)> {
    let Step::Loop { value: Some(value), body, .. } = step else { return None };
    let Some(Step::Test(Test::Compare(Comparison::Equal, left, right))) = body.first() else { return None };
    [(left, right), (right, left)].into_iter().find_map(|(part, other)| match (part, other) {
        (Expr::Path(base, keys), Expr::Slot(_) | Expr::Const(_)) => {
            (**base == Expr::Slot(*value) && *other != **base).then_some((keys, other))
        }
        _ => None,
    })
}

/// What a loop's body asks for first of its element, if that is what is at a path, and the step that does.
fn first_part(step: &Step) -> Option<(&Keys, &Step)> {
    let Step::Loop { value: Some(value), filter: None, body, .. } = step else { return None };
    let first = body.first()?;
    let (Step::Bind(_, part)
    | Step::Test(Test::Defined(part) | Test::Truthy(part) | Test::Compare(_, part, _) | Test::Member(part, _))) = first
    else {
        return None;
    };
    match part {
        Expr::Path(base, keys) if **base == Expr::Slot(*value) => Some((keys, first)),
        _ => None,
    }
}

/// Whether a value is found without doing anything that somebody could count: documents are computed once in any case.
fn is_lookup(expr: &Expr) -> bool {
    match expr {
        Expr::Const(_) | Expr::Slot(_) | Expr::Input | Expr::BaseData => true,
        Expr::Named(..) | Expr::Fixed(..) | Expr::Document(..) => true,
        Expr::Path(base, _) | Expr::Stored(base) => is_lookup(base),
        Expr::Index(base, key) => is_lookup(base) && is_lookup(key),
        _ => false,
    }
}

/// Whether a value cannot fail with an error, so that nobody can tell when it is read.
fn is_at_hand(expr: &Expr) -> bool {
    match expr {
        Expr::Const(_) | Expr::Slot(_) | Expr::Input | Expr::Named(..) | Expr::Fixed(..) => true,
        Expr::Path(base, _) | Expr::Stored(base) => is_at_hand(base),
        _ => false,
    }
}

/// The argument count of a function as its code holds it.
pub(super) fn set_arguments(function: &mut Function, arguments: usize) {
    function.arguments = arguments.min(usize::from(u16::MAX)) as u16;
}
