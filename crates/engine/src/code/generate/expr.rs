//! Expressions.

use super::super::{DocumentIndex, KeysId, Label, Op, Range, Read, Write};
use super::Generator;
use crate::builtins::Builtin;
use crate::hir::{ComprehensionKind, Const};
use crate::plan::{At, Comprehension, Constant, Expr, Function};
use std::sync::Arc;

/// The keys of an object in order, if all of them are different constant strings.
fn constant_keys(entries: &[(Expr, Expr)]) -> Option<Vec<&Arc<str>>> {
    let mut keys: Vec<&Arc<str>> = entries.iter().map(|(key, _)| text_of(key)).collect::<Option<_>>()?;
    keys.sort_unstable();
    keys.windows(2).all(|pair| pair[0] != pair[1]).then_some(keys)
}

fn text_of(expr: &Expr) -> Option<&Arc<str>> {
    match expr {
        Expr::Const(Constant::Scalar(Const::String(text))) => Some(text),
        _ => None,
    }
}

impl Generator<'_, '_> {
    /// The register that holds a value: a slot's own, or a new one.
    pub(super) fn expr(&mut self, expr: &Expr, fail: Label) -> u16 {
        match expr {
            Expr::Slot(slot) => self.slot(*slot),
            Expr::Stored(value) => self.expr(value, fail),
            expr => {
                let dst = self.register();
                self.expr_into(expr, dst, fail);
                dst
            }
        }
    }

    /// Where a value is read: a constant, or a register.
    pub(super) fn operand(&mut self, expr: &Expr, fail: Label) -> Read {
        if let Expr::Const(constant) = expr
            && let Some(read) = Read::constant(self.pool.constant(constant))
        {
            return read;
        }
        Read(self.expr(expr, fail))
    }

    /// Computes a value into a register; goes to `fail` where it is undefined.
    pub(super) fn expr_into(&mut self, expr: &Expr, register: u16, fail: Label) {
        let dst = Write(register);
        match expr {
            Expr::Const(constant) => {
                let constant = self.pool.constant(constant);
                self.emit(Op::Constant { dst, constant });
            }
            Expr::Slot(slot) => {
                let src = self.read_slot(*slot);
                self.emit(Op::Move { dst, src });
            }
            Expr::Stored(value) => self.expr_into(value, register, fail),
            Expr::Input => self.emit(Op::Input { dst, fail }),
            Expr::BaseData => self.emit(Op::BaseData { dst }),
            Expr::Path(base, keys) => {
                let path = self.pool.path(keys);
                if matches!(**base, Expr::Input) {
                    return self.emit(Op::InputPath { dst, path, fail });
                }
                self.temporarily(|this| {
                    let src = this.operand(base, fail);
                    this.emit(Op::Path { dst, src, path, fail });
                });
            }
            Expr::Index(base, key) => self.temporarily(|this| {
                // As in OPA, what keys need is computed before anything is looked up.
                let key = this.operand(key, fail);
                let src = this.operand(base, fail);
                this.emit(if base.is_base_data() {
                    Op::IndexData { dst, src, key, fail }
                } else {
                    Op::Index { dst, src, key, fail }
                });
            }),
            Expr::Document(document, at) => {
                self.function.documents.push(*document);
                self.at(at.0);
                self.emit(Op::Document { dst, document: DocumentIndex(document.0), fail });
            }
            Expr::Named(document, keys) => {
                self.function.documents.push(*document);
                let path = self.pool.path(keys);
                self.emit(Op::NamedPath { dst, document: DocumentIndex(document.0), path, fail });
            }
            Expr::Fixed(document, constant) => {
                self.function.documents.push(*document);
                let constant = self.pool.constant(constant);
                self.emit(Op::FixedDocument { dst, document: DocumentIndex(document.0), constant, fail });
            }
            Expr::Data(keys, at) => self.temporarily(|this| {
                let followed = this.path_keys(keys);
                this.function.followed.push(followed);
                let keys = this.range(keys, fail);
                this.at(at.0);
                this.emit(Op::Data { dst, keys, fail });
            }),
            Expr::Call { function, args, at } => {
                self.temporarily(|this| this.call(*function, args, *at, register, fail));
            }
            Expr::Walk { root, has_paths, at } => self.temporarily(|this| {
                let src = this.operand(root, fail);
                this.at(at.0);
                this.emit(if *has_paths { Op::WalkParts { dst, src } } else { Op::Walk { dst, src } });
            }),
            Expr::WalkPath(walk, position) => self.temporarily(|this| {
                let (walk, position) = (this.operand(walk, fail), this.operand(position, fail));
                this.emit(Op::WalkPath { dst, walk, position, fail });
            }),
            Expr::Array(items) => self.temporarily(|this| {
                let items = this.range(items, fail);
                this.emit(Op::MakeArray { dst, items });
            }),
            Expr::Set(items) => self.temporarily(|this| {
                let items = this.range(items, fail);
                this.emit(Op::MakeSet { dst, items });
            }),
            Expr::Object(entries) => self.temporarily(|this| this.object(entries, dst, fail)),
            Expr::Comprehension(comprehension) => self.temporarily(|this| this.comprehension(comprehension, dst)),
            Expr::Undefined => self.emit(Op::Jump { to: fail }),
        }
    }

    /// An object.
    fn object(&mut self, entries: &[(Expr, Expr)], dst: Write, fail: Label) {
        if let Some(keys) = constant_keys(entries) {
            let first = self.registers(entries.len());
            let place = |key: &Arc<str>| first.saturating_add(keys.partition_point(|other| *other < key) as u16);
            for (key, value) in entries {
                if let Some(key) = text_of(key) {
                    self.temporarily(|this| this.expr_into(value, place(key), fail));
                }
            }
            let keys = keys.iter().map(|key| Constant::Scalar(Const::String(Arc::clone(key)))).collect();
            let keys = KeysId(self.pool.constant(&Constant::Array(keys)).0);
            return self.emit(Op::MakeRecord { dst, keys, values: Range { first, count: entries.len() as u16 } });
        }
        let first = self.registers(entries.len() * 2);
        for (at, (key, value)) in entries.iter().enumerate() {
            let at = first.saturating_add(at as u16 * 2);
            self.temporarily(|this| this.expr_into(key, at, fail));
            self.temporarily(|this| this.expr_into(value, at.saturating_add(1), fail));
        }
        self.emit(Op::MakeObject { dst, items: Range { first, count: entries.len() as u16 * 2 } });
    }

    /// Calls a function.
    pub(super) fn call(&mut self, function: Function, args: &[Expr], at: At, dst: u16, fail: Label) {
        let dst = Write(dst);
        let op = match function {
            Function::Builtin(builtin) => {
                if let [first, second] = args
                    && self.minus_keys(builtin, [first, second], at, dst, fail)
                {
                    return;
                }
                if let [first, Expr::Array(items)] = args
                    && self.format(builtin, first, items, at, (dst, fail))
                {
                    return;
                }
                let builtin = self.pool.builtin(builtin);
                match args {
                    [arg] => Op::Builtin1 { dst, builtin, arg: self.operand(arg, fail), fail },
                    [first, second] => {
                        let (first, second) = (self.operand(first, fail), self.operand(second, fail));
                        Op::Builtin2 { dst, builtin, first, second, fail }
                    }
                    [first, second, third] => {
                        let (first, second) = (self.operand(first, fail), self.operand(second, fail));
                        Op::Builtin3 { dst, builtin, first, second, third: self.operand(third, fail), fail }
                    }
                    args => Op::Builtin { dst, builtin, args: self.range(args, fail), fail },
                }
            }
            Function::Document(document) => {
                self.function.documents.push(document);
                let document = DocumentIndex(document.0);
                match args {
                    [arg] => Op::Call1 { dst, document, arg: self.operand(arg, fail), fail },
                    [first, second] => {
                        let (first, second) = (self.operand(first, fail), self.operand(second, fail));
                        Op::Call2 { dst, document, first, second, fail }
                    }
                    args => Op::Call { dst, document, args: self.range(args, fail), fail },
                }
            }
        };
        self.at(at.0);
        self.emit(op);
    }

    /// Calls a builtin whose first argument says how it puts the items of an array together; says whether it is one.
    fn format(&mut self, builtin: &'static Builtin, first: &Expr, items: &[Expr], at: At, to: (Write, Label)) -> bool {
        let text = text_of(first).filter(|_| self.optimizations.plans);
        let Some(format) = text.and_then(|text| self.pool.format(builtin, text, items.len())) else { return false };
        let (dst, fail) = to;
        let items = self.range(items, fail);
        self.at(at.0);
        self.emit(Op::Format { dst, format, items, fail });
        true
    }

    /// What is known of a path that is followed at run time.
    pub(super) fn path_keys(&self, path: &[Expr]) -> Vec<Option<Arc<str>>> {
        let keys = path.iter().map(|key| match key {
            Expr::Const(Constant::Scalar(Const::String(text) | Const::Number(text))) => Some(text.clone()),
            _ => None,
        });
        keys.collect()
    }

    /// Values in registers in a row.
    pub(super) fn range(&mut self, exprs: &[Expr], fail: Label) -> Range {
        if let Some(range) = self.slots_in_a_row(exprs) {
            return range;
        }
        let first = self.registers(exprs.len());
        for (at, expr) in exprs.iter().enumerate() {
            self.temporarily(|this| this.expr_into(expr, first.saturating_add(at as u16), fail));
        }
        Range { first, count: exprs.len() as u16 }
    }

    /// The registers of slots, if they are in a row.
    fn slots_in_a_row(&self, exprs: &[Expr]) -> Option<Range> {
        let Some(Expr::Slot(first)) = exprs.first() else { return None };
        let first = self.slot(*first);
        let are_in_a_row = exprs.iter().zip(first..).all(|(expr, register)| match expr {
            Expr::Slot(slot) => self.slot(*slot) == register,
            _ => false,
        });
        (are_in_a_row && self.optimizations.plans).then_some(Range { first, count: exprs.len() as u16 })
    }

    fn comprehension(&mut self, comprehension: &Comprehension, dst: Write) {
        let mark = self.register();
        self.emit(Op::Begin { mark: Write(mark) });
        let end = self.label();
        let Comprehension { kind, block, key, value, .. } = comprehension;
        let is_set = *kind == ComprehensionKind::Set;
        if key.is_some() || !self.gather(block, value, is_set, end) {
            self.block(block, end, 0, &mut |this, again, _| {
                this.temporarily(|this| {
                    let value = this.operand(value, again);
                    match key {
                        Some(key) => {
                            let key = this.operand(key, again);
                            this.emit(Op::PushEntry { key, value });
                        }
                        None => this.emit(Op::Push { src: value }),
                    }
                });
                this.emit(Op::Jump { to: again });
            });
        }
        self.put(end);
        self.at(comprehension.at.0);
        let mark = Read(mark);
        self.emit(match kind {
            ComprehensionKind::Array => Op::EndArray { dst, mark },
            ComprehensionKind::Set => Op::EndSet { dst, mark },
            ComprehensionKind::Object => Op::EndObject { dst, mark },
        });
    }
}
