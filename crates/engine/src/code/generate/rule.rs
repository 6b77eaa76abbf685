//! Documents and queries.

use super::super::index::Index;
use super::super::{DocumentIndex, IndexId, Label, Op, Read, Write, name_of};
use super::Generator;
use super::block::set_arguments;
use super::places::{Place, places};
use crate::hir::{ComprehensionKind, Const};
use crate::plan::optimize::{is_total_step, optimize_shared};
use crate::plan::share::{Part, share, share_in_order};
use crate::plan::{Block, Branch, Constant, Definition, Document, DocumentKind, DocumentPlan, Expr, QueryPlan, Step};

impl<'g> Generator<'g, '_> {
    pub(super) fn document(&mut self, document: &Document, plan: &'g DocumentPlan) {
        self.plan = Some(plan);
        self.function.name = name_of(document);
        if let DocumentKind::Function(arguments) = document.kind {
            set_arguments(&mut self.function, arguments);
        }
        self.next = u32::from(self.function.arguments);
        let mark = self.register();
        let candidates = self.register();
        self.reserve_common(&plan.definitions);
        self.slot_base = self.next;
        let is_nested = plan.definitions.iter().flat_map(|definition| &definition.branches).any(|branch| {
            branch.keys.len() > 1 || (branch.is_set && !branch.keys.is_empty()) || document_is_mixed(document, branch)
        });
        let places = places(&plan.definitions);
        let is_nested = is_nested || !places.is_empty();
        let kind = match document.kind {
            _ if plan.unordered.is_some() => Shape::Unordered,
            DocumentKind::Object if is_nested => Shape::Nested,
            DocumentKind::Object => Shape::Built(ComprehensionKind::Object),
            DocumentKind::Set => Shape::Built(ComprehensionKind::Set),
            DocumentKind::Complete | DocumentKind::Function(_) | DocumentKind::Lifted => Shape::Value,
        };
        let elsewhere = self.label();
        if matches!(kind, Shape::Unordered) {
            self.emit(Op::IsPlain { fail: elsewhere });
        }
        if !matches!(kind, Shape::Value) {
            self.emit(Op::Begin { mark: Write(mark) });
        }
        let end = self.label();
        self.places(&places, end);
        self.definitions(plan, candidates, kind, end);
        self.put(end);
        if let Some(default) = &plan.default {
            self.default(default, self.returns_first(plan, kind));
        }
        self.finish_document(kind, mark);
        self.put(elsewhere);
        if let Some(set) = plan.unordered {
            let undefined = self.label();
            self.function.documents.push(set);
            self.emit(Op::Document { dst: Write(mark), document: DocumentIndex(set.0), fail: undefined });
            self.emit(Op::ReturnValue { src: Read(mark) });
            self.put(undefined);
            self.emit(Op::Return {});
        }
    }

    /// What is there even if no definition holds.
    fn places(&mut self, places: &[Place], fail: Label) {
        for place in places {
            self.temporarily(|this| {
                let keys: Vec<Expr> = place.keys.iter().cloned().map(Expr::Const).collect();
                let nothing = if place.is_set { Constant::Set([].into()) } else { Constant::Object([].into()) };
                let keys = this.range(&keys, fail);
                let value = Read(this.expr(&Expr::Const(nothing), fail));
                this.emit(Op::PushPlace { keys, value });
            });
        }
    }

    /// The definitions, one after the other or through an index.
    fn definitions(&mut self, plan: &'g DocumentPlan, candidates: u16, kind: Shape, end: Label) {
        let arguments = u32::from(self.function.arguments);
        let index = match self.optimizations.rule_index {
            true => Index::build(&plan.definitions, arguments, self.pool),
            false => None,
        };
        let Some((index, held)) = index else { return self.all(plan, kind, end) };
        self.common.clear();
        self.function.indexes.push(index);
        let index = IndexId(self.function.indexes.len() as u16 - 1);
        self.emit(Op::Dispatch { index, mark: Write(candidates) });
        let next = self.here();
        self.emit(Op::Candidate { mark: Read(candidates), done: end });
        let after = match (Self::ends_at_first(plan, kind), self.returns_first(plan, kind)) {
            (_, true) => After::Return(Some(candidates)),
            (true, false) => After::Go(self.label()),
            (false, false) => After::Next(next),
        };
        for (definition, held) in plan.definitions.iter().zip(held) {
            let start = self.here();
            self.function.definitions.push(start);
            self.held = held;
            self.definition(definition, kind, next, after);
        }
        self.held.clear();
        if let After::Go(first) = after
            && first != next
        {
            self.put(first);
            self.emit(Op::Settle { mark: Read(candidates) });
        }
    }

    /// Definitions one after the other, those that begin alike together.
    fn all(&mut self, plan: &DocumentPlan, kind: Shape, end: Label) {
        let (is_first_enough, returns) = (Self::ends_at_first(plan, kind), self.returns_first(plan, kind));
        let parts = match kind {
            Shape::Value if self.optimizations.shared_beginnings && (returns || !is_first_enough) => {
                share_in_order(&plan.definitions, returns)
            }
            _ if !self.optimizations.shared_beginnings || matches!(kind, Shape::Value) => {
                plan.definitions.iter().map(Part::Alone).collect()
            }
            _ => share(&plan.definitions),
        };
        self.fill_common();
        for part in parts {
            let next = self.label();
            match part {
                Part::Together(block) => self.together(block, plan, kind, next, returns),
                Part::Alone(definition) => {
                    let after = match (is_first_enough, returns) {
                        (_, true) => After::Return(None),
                        (true, false) => After::Go(end),
                        (false, false) => After::Next(next),
                    };
                    self.definition(definition, kind, next, after);
                }
            }
            self.put(next);
        }
    }

    /// Definitions that begin alike. Each answer goes to the document, or is returned.
    fn together(&mut self, mut block: Block, plan: &DocumentPlan, kind: Shape, next: Label, returns: bool) {
        let slots = plan.definitions.iter().map(|definition| definition.slots).max().unwrap_or_default();
        let slots =
            if self.optimizations.plans { optimize_shared(&mut block, &plan.definitions, slots) } else { slots };
        self.reserve_slots(slots);
        self.shares_set = is_set(kind);
        self.temporarily(|this| {
            this.block(&block, next, 0, &mut |this, again, which| {
                let Some([branch]) = plan.definitions.get(which).map(|found| found.branches.as_slice()) else {
                    return;
                };
                if returns {
                    return this.temporarily(|this| this.give(branch, None, again));
                }
                this.temporarily(|this| this.answer(branch, kind, again));
                this.emit(Op::Jump { to: again });
            });
        });
        self.shares_set = false;
    }

    /// Whether all answers are one constant, so that one of them is enough. OPA stops there, too: what would come
    /// after it prints nothing and has no errors.
    fn ends_at_first(plan: &DocumentPlan, kind: Shape) -> bool {
        let mut branches = plan.definitions.iter().flat_map(|definition| &definition.branches);
        let is_one = |first: &Branch| {
            matches!(first.value, Expr::Const(_)) && branches.all(|branch| branch.value == first.value)
        };
        let first = plan.definitions.first().and_then(|definition| definition.branches.first());
        matches!(kind, Shape::Value) && first.is_some_and(is_one)
    }

    /// Whether the first answer is returned as it is found, so that none is known at the end.
    fn returns_first(&self, plan: &DocumentPlan, kind: Shape) -> bool {
        let mut branches = plan.definitions.iter().flat_map(|definition| &definition.branches);
        let is_only = || matches!(kind, Shape::Value) && branches.clone().count() == 1;
        let is_enough = Self::ends_at_first(plan, kind) || is_only() && branches.clone().all(ends_unseen);
        self.optimizations.plans && is_enough && branches.all(|branch| branch.is_single)
    }

    /// One definition. Goes to `next` when it has no more answers.
    fn definition(&mut self, definition: &Definition, kind: Shape, next: Label, first_answer: After) {
        self.reserve_slots(definition.slots);
        let [first, others @ ..] = definition.branches.as_slice() else { return };
        if others.is_empty() {
            self.branch(first, kind, next, first_answer, None);
            return self.emit(Op::Jump { to: next });
        }
        // A branch is tried only if those before it had no answer.
        let found = self.register();
        for (at, branch) in definition.branches.iter().enumerate() {
            let is_last = at + 1 == definition.branches.len();
            let no = self.pool.constant(&Constant::Scalar(Const::Bool(false)));
            self.emit(Op::Constant { dst: Write(found), constant: no });
            let after = self.label();
            self.branch(branch, kind, after, first_answer, Some(found));
            self.put(after);
            if is_last {
                self.emit(Op::Jump { to: next });
            } else {
                let otherwise = self.label();
                self.emit(Op::Truthy { src: Read(found), fail: otherwise });
                self.emit(Op::Jump { to: next });
                self.put(otherwise);
            }
        }
    }

    /// One body with its value. Goes to `exhausted` after its last answer; `single` is for the first one where further
    /// ones would be the same.
    fn branch(&mut self, branch: &Branch, kind: Shape, exhausted: Label, single: After, found: Option<u16>) {
        if is_set(kind) && self.gather(&branch.block, &branch.value, true, exhausted) {
            return;
        }
        self.temporarily(|this| {
            this.block(&branch.block, exhausted, 0, &mut |this, again, _| {
                if let After::Return(candidates) = single {
                    return this.temporarily(|this| this.give(branch, candidates, again));
                }
                this.temporarily(|this| this.answer(branch, kind, again));
                if let Some(found) = found {
                    let yes = this.pool.constant(&Constant::Scalar(Const::Bool(true)));
                    this.emit(Op::Constant { dst: Write(found), constant: yes });
                }
                let to = match single {
                    After::Go(to) if branch.is_single => to,
                    After::Next(to) if branch.is_single && ends_unseen(branch) => to,
                    _ => again,
                };
                this.emit(Op::Jump { to });
            });
        });
    }

    /// Returns the value of a body, and forgets the rules that an index found besides.
    fn give(&mut self, branch: &Branch, candidates: Option<u16>, again: Label) {
        let src = self.operand(&branch.value, again);
        self.emit(match candidates {
            Some(candidates) => Op::SettleValue { mark: Read(candidates), src },
            None => Op::ReturnValue { src },
        });
    }

    /// Adds one answer of a body to the document.
    fn answer(&mut self, branch: &Branch, kind: Shape, again: Label) {
        match kind {
            Shape::Value => {
                let src = self.operand(&branch.value, again);
                self.at(branch.span);
                self.emit(Op::Yield { src });
            }
            Shape::Built(ComprehensionKind::Object) => {
                let [key] = branch.keys.as_slice() else { return };
                let key = self.operand(key, again);
                let value = self.operand(&branch.value, again);
                self.at(branch.span);
                self.emit(Op::PushEntry { key, value });
            }
            Shape::Built(_) | Shape::Unordered => {
                let src = self.operand(&branch.value, again);
                self.emit(Op::Push { src });
            }
            Shape::Nested => {
                let keys = self.range(&branch.keys, again);
                let value = self.operand(&branch.value, again);
                self.at(branch.span);
                self.emit(if branch.is_set { Op::PushMember { keys, value } } else { Op::PushNested { keys, value } });
            }
        }
    }

    /// The default value, if no definition gave one. Those that return their values did not.
    fn default(&mut self, default: &Definition, has_none: bool) {
        if has_none && let [branch] = default.branches.as_slice() {
            let undefined = self.label();
            self.reserve_slots(default.slots);
            self.branch(branch, Shape::Value, undefined, After::Return(None), None);
            return self.put(undefined);
        }
        let (none, some) = (self.label(), self.label());
        self.emit(Op::IfNone { to: none });
        self.emit(Op::Return {});
        self.put(none);
        self.definition(default, Shape::Value, some, After::Go(some));
        self.put(some);
    }

    fn finish_document(&mut self, kind: Shape, mark: u16) {
        let (dst, mark) = (Write(mark), Read(mark));
        match kind {
            Shape::Value => return self.emit(Op::Return {}),
            Shape::Built(ComprehensionKind::Object) => self.emit(Op::EndObject { dst, mark }),
            Shape::Built(_) => self.emit(Op::EndSet { dst, mark }),
            Shape::Unordered => self.emit(Op::EndUnordered { dst, mark }),
            Shape::Nested => self.emit(Op::EndNested { dst, mark }),
        }
        self.emit(Op::ReturnValue { src: mark });
    }

    /// A query: an array of rows.
    pub(super) fn query(&mut self, plan: &QueryPlan) {
        let mark = self.register();
        self.slot_base = self.next;
        self.reserve_slots(plan.slots);
        self.emit(Op::Begin { mark: Write(mark) });
        let end = self.label();
        self.block(&plan.block, end, 0, &mut |this, again, _| {
            this.temporarily(|this| {
                let items = this.range(&plan.row, again);
                let row = this.register();
                this.emit(Op::MakeArray { dst: Write(row), items });
                this.emit(Op::Push { src: Read(row) });
            });
            this.emit(Op::Jump { to: again });
        });
        self.put(end);
        self.emit(Op::EndArray { dst: Write(mark), mark: Read(mark) });
        self.emit(Op::ReturnValue { src: Read(mark) });
    }
}

/// What follows the first answer of a body, where further ones would be the same.
#[derive(Clone, Copy)]
enum After {
    /// Goes elsewhere: all answers of the document are one constant.
    Go(Label),
    /// Goes to the next rule, if what it leaves out is not seen.
    Next(Label),
    /// Returns it, and forgets the rules found by an index that has its mark in a register.
    Return(Option<u16>),
}

/// How the answers of bodies make a document.
#[derive(Clone, Copy)]
enum Shape {
    /// One value.
    Value,
    /// Like a comprehension.
    Built(ComprehensionKind),
    /// A set of which nobody sees the order.
    Unordered,
    /// An object whose entries may have several keys.
    Nested,
}

fn is_set(kind: Shape) -> bool {
    matches!(kind, Shape::Built(ComprehensionKind::Set) | Shape::Unordered)
}

/// Whether nobody sees that a body ends with its first answer: what would be done for others cannot fail, nor have effects.
fn ends_unseen(branch: &Branch) -> bool {
    branch.block.iter().all(|step| match step {
        Step::Loop { .. } | Step::DataLoop { .. } | Step::With { .. } | Step::Outside(_) | Step::Alternatives(_) => {
            is_total_step(step)
        }
        _ => true,
    })
}

/// An object some of whose entries have no key cannot be built flat.
fn document_is_mixed(document: &Document, branch: &Branch) -> bool {
    document.kind == DocumentKind::Object && branch.keys.is_empty()
}
