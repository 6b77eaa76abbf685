//! Calls of functions and builtins.

use super::elements::entry;
use super::error::{EvalError, Result, codes};
use super::run::Place;
use super::world::{Hints, Substitute, lookup};
use super::{Machine, Memo, PER_STEP};
use crate::builtins::{Builtin, Context, Failure, Purity};
use crate::code::aliases::Root;
use crate::code::{BuiltinIndex, FormatId, Function, Unit};
use crate::plan::{DocumentId, DocumentKind, Function as Callee};
use crate::value::Value;
use std::cell::Cell;

impl<'a> Machine<'a, '_> {
    /// Calls a function that is a rule, unless its result is known.
    pub(super) fn call(
        &mut self,
        document: u32,
        args: &[Value<'a>],
        stack: &mut [Value<'a>],
    ) -> Result<Option<Value<'a>>> {
        if args.is_empty()
            || !self.code.is_remembered.get(document as usize).is_some_and(|is| *is)
            || self.reusable.worth.is_idle(document)
        {
            return self.call_anew(document, args, stack);
        }
        self.call_once(document, args, stack)
    }

    /// Calls a function whose results are remembered.
    #[inline(never)]
    fn call_once(&mut self, document: u32, args: &[Value<'a>], stack: &mut [Value<'a>]) -> Result<Option<Value<'a>>> {
        let current = self.current;
        let number = match self.extras().calls.ask(current, document, args) {
            Ok(result) => {
                self.reusable.worth.hit(document);
                return Ok(result);
            }
            Err(number) => number,
        };
        self.reusable.worth.missed(document, number.is_some());
        self.ticks(args.len() / PER_STEP)?;
        let result = self.call_anew(document, args, stack)?;
        if let Some(number) = number {
            self.extras().calls.keep(number, result);
        }
        Ok(result)
    }

    /// Calls the code of a document.
    #[inline]
    fn call_anew(&mut self, document: u32, args: &[Value<'a>], stack: &mut [Value<'a>]) -> Result<Option<Value<'a>>> {
        let code = self.code;
        let at = document as usize;
        let (Some(function), Some(needed)) = (code.functions.get(at), code.stack.get(at)) else { return Ok(None) };
        self.tick()?;
        self.depth += 1;
        let is_deep = self.depth.is_multiple_of(16) || self.depth > self.setting.outside.limits.depth;
        let result = if is_deep || stack.len() < *needed {
            self.call_carefully(function, *needed, args, stack)
        } else {
            stack.iter_mut().zip(args).for_each(|(register, arg)| *register = *arg);
            self.run(&code.unit, function, stack)
        };
        self.depth -= 1;
        result
    }

    /// Calls a function where the registers or the native stack may not suffice, or the limit may be reached.
    #[cold]
    #[inline(never)]
    fn call_carefully(
        &mut self,
        function: &'a Function,
        needed: usize,
        args: &[Value<'a>],
        stack: &mut [Value<'a>],
    ) -> Result<Option<Value<'a>>> {
        if self.depth > self.setting.outside.limits.depth {
            return Err(
                self.limit(format!("rules call one another more than {} deep", self.setting.outside.limits.depth))
            );
        }
        // Only paths below `data` that are known at run time lead where the stack was not made for.
        let needed = needed.max(args.len());
        let stack = if stack.len() < needed {
            self.making(needed)?;
            self.arena.alloc_slice_fill_copy(needed, Value::Null)
        } else {
            stack
        };
        stack.iter_mut().zip(args).for_each(|(register, arg)| *register = *arg);
        let code = self.code;
        stacker::maybe_grow(STACK_LEFT, STACK_SEGMENT, || self.run(&code.unit, function, stack))
    }

    /// Calls a function that is a rule, or what stands in for it.
    #[cold]
    #[inline(never)]
    pub(super) fn any_call(
        &mut self,
        document: u32,
        args: &[Value<'a>],
        stack: &mut [Value<'a>],
        place: Place<'a>,
    ) -> Result<Option<Value<'a>>> {
        match self.substitute(Callee::Document(DocumentId(document))) {
            None => self.call(document, args, stack),
            Some(substitute) => self.call_substitute(substitute, args, stack, place),
        }
    }

    /// What a builtin gives, where it has a shortcut for its arguments and nothing stands in for it.
    #[inline(always)]
    pub(super) fn shortcut(&mut self, unit: &Unit, builtin: BuiltinIndex, args: &[Value<'a>]) -> Option<Value<'a>> {
        let shortcut = unit.shortcut(builtin).filter(|_| self.world.functions.is_empty())?;
        shortcut(args, &mut self.reusable.caches)
    }

    /// Calls a builtin that has no such shortcut, or what stands in for it.
    #[inline(never)]
    pub(super) fn any_builtin(
        &mut self,
        unit: &'a Unit,
        builtin: BuiltinIndex,
        args: &[Value<'a>],
        stack: &mut [Value<'a>],
        place: Place<'a>,
    ) -> Result<Option<Value<'a>>> {
        self.tick()?;
        let Some(builtin) = unit.builtins.get(usize::from(builtin.0)) else { return Ok(None) };
        if self.world.functions.is_empty() {
            return self.builtin(builtin, args, place);
        }
        match self.substitute(Callee::Builtin(builtin)) {
            None => self.builtin(builtin, args, place),
            Some(substitute) => self.call_substitute(substitute, args, stack, place),
        }
    }

    /// What a builtin gives whose format is known.
    #[inline(never)]
    pub(super) fn format(
        &mut self,
        unit: &'a Unit,
        format: FormatId,
        items: &[Value<'a>],
        stack: &mut [Value<'a>],
        place: Place<'a>,
    ) -> Result<Option<Value<'a>>> {
        let Some(formatting) = unit.formats.get(format.0 as usize) else { return Ok(None) };
        self.making(items.len())?;
        if self.world.functions.is_empty()
            && let Some(text) = formatting.format.write(
                self.arena,
                &mut self.reusable.caches,
                items,
                self.setting.outside.limits.value_size,
            )
        {
            self.check_memory()?;
            return Ok(Some(text));
        }
        let Some(first) = unit.constants().get(formatting.first.0 as usize) else { return Ok(None) };
        let items = Value::new_array(self.arena, items);
        self.any_builtin(unit, formatting.builtin, &[*first, items], stack, place)
    }

    /// What `minus` gives of a value and the set of a collection's keys whose values are not `false`.
    #[inline(never)]
    pub(super) fn minus_keys(
        &mut self,
        unit: &'a Unit,
        minus: BuiltinIndex,
        from: Value<'a>,
        collection: &Value<'a>,
        stack: &mut [Value<'a>],
        place: Place<'a>,
    ) -> Result<Option<Value<'a>>> {
        let mark = self.scratch.len();
        if let Value::Set(set) = from
            && self.world.functions.is_empty()
        {
            self.ticks(set.len() + 1)?;
            for item in set.items() {
                if !entry(collection, item).is_some_and(|(_, value)| value.is_truthy()) {
                    self.push(*item)?;
                }
            }
            return self.end_sorted(mark).map(Some);
        }
        // Another function may want the set, or an error.
        self.push_keys(collection)?;
        let keys = self.end_set(mark)?;
        self.any_builtin(unit, minus, &[from, keys], stack, place)
    }

    /// What stands in for a function in this world.
    #[cold]
    pub(super) fn substitute(&self, function: Callee) -> Option<Substitute<'a>> {
        self.world.functions.iter().find(|(other, _)| *other == function).map(|(_, substitute)| *substitute)
    }

    /// Calls what stands in for a function.
    #[cold]
    pub(super) fn call_substitute(
        &mut self,
        substitute: Substitute<'a>,
        args: &[Value<'a>],
        stack: &mut [Value<'a>],
        place: Place<'a>,
    ) -> Result<Option<Value<'a>>> {
        match substitute {
            Substitute::Value(value) => Ok(Some(value)),
            Substitute::Function(Callee::Document(document)) if !self.is_function(document) => {
                self.document(document.0, place, stack)
            }
            Substitute::Function(function) => {
                // Functions are themselves again inside of what stands in for one.
                let (outer, current) = (self.world, self.current);
                let fresh = self.fresh_world()?;
                self.enter_world(super::World { functions: &[], ..fresh });
                let result = match function {
                    Callee::Builtin(builtin) => self.builtin(builtin, args, place),
                    Callee::Document(document) => self.call(document.0, args, stack),
                };
                (self.world, self.current) = (outer, current);
                result
            }
        }
    }

    fn is_function(&self, document: DocumentId) -> bool {
        let found = self.code.tree.documents.get(document.0 as usize);
        found.is_some_and(|found| matches!(found.kind, DocumentKind::Function(_)))
    }

    /// Calls a builtin.
    pub(super) fn builtin(
        &mut self,
        builtin: &'static Builtin,
        args: &[Value<'a>],
        place: Place<'a>,
    ) -> Result<Option<Value<'a>>> {
        if builtin.purity == Purity::Nondeterministic {
            self.once(builtin, args, place)
        } else {
            self.run_builtin(builtin, args, place)
        }
    }

    /// Calls a builtin that might give something else the next time: once an evaluation with the same arguments.
    #[cold]
    #[inline(never)]
    fn once(&mut self, builtin: &'static Builtin, args: &[Value<'a>], place: Place<'a>) -> Result<Option<Value<'a>>> {
        let known = self.extras().random.len();
        self.ticks(known / PER_STEP)?;
        let is_same = |(name, other, _): &&(_, &[Value<'a>], _)| *name == builtin.name && *other == args;
        if let Some((.., result)) = self.extras().random.iter().find(is_same) {
            return Ok(Some(*result));
        }
        let result = self.run_builtin(builtin, args, place)?;
        if let Some(value) = result {
            let args = self.arena.alloc_slice_copy(args);
            self.extras().random.push((builtin.name, args, value));
        }
        Ok(result)
    }

    /// Calls a builtin, whatever is known.
    #[inline]
    fn run_builtin(
        &mut self,
        builtin: &'static Builtin,
        args: &[Value<'a>],
        place: Place<'a>,
    ) -> Result<Option<Value<'a>>> {
        let setting = self.setting;
        let mut context = Context {
            arena: self.arena,
            host: &*setting.outside.host,
            symbols: &self.code.symbols,
            caches: &mut self.reusable.caches,
            limits: &setting.outside.limits,
            allowed_hosts: setting.capabilities.allowed_hosts(),
            now: &mut self.now,
            sent: &mut self.sent,
            name: builtin.name,
            customs: setting.capabilities.customs(),
            place: &|| (setting.place)(place.span()),
            late: Some(&mut *self.late),
        };
        let result = (builtin.call)(&mut context, args);
        self.check_memory()?;
        match result {
            Ok(value) => Ok(Some(value)),
            Err(failure) => self.failed(builtin, failure, place),
        }
    }

    /// What it means that a builtin failed.
    #[inline(never)]
    fn failed(&mut self, builtin: &'static Builtin, failure: Failure, place: Place<'a>) -> Result<Option<Value<'a>>> {
        match failure {
            Failure::Undefined => Ok(None),
            failure @ (Failure::Halt(_) | Failure::Fatal(_) | Failure::Unsupported) => {
                Err(Box::new(EvalError::of_builtin(builtin.name, failure, place.span())))
            }
            failure if self.setting.outside.is_strict && self.witness.is_none() => {
                Err(Box::new(EvalError::of_builtin(builtin.name, failure, place.span())))
            }
            _ => {
                self.has_passed_over = true;
                Ok(None)
            }
        }
    }

    /// The value of a document, computed the first time.
    pub(super) fn document(
        &mut self,
        document: u32,
        place: Place<'a>,
        stack: &mut [Value<'a>],
    ) -> Result<Option<Value<'a>>> {
        if !self.world.replaced.is_empty() && self.world.is_replaced(document) {
            return Ok(self.replacement(document));
        }
        let Some(cell) = self.memo().get(document as usize) else { return Ok(None) };
        match cell.get() {
            Memo::Value(value) => return Ok(Some(value)),
            Memo::Undefined => return Ok(None),
            Memo::Running => {
                let path = self.code.tree.documents.get(document as usize).map(|found| found.path.join("."));
                let message = format!("rule data.{} is recursive", path.unwrap_or_default());
                return Err(Box::new(EvalError::new(codes::RECURSION, message, place.span())));
            }
            Memo::Empty => {}
        }
        if self.world.replaced.is_empty()
            && let Some(alias) = self.code.aliases.get(document as usize).and_then(Option::as_ref)
        {
            self.tick()?;
            let from = match alias.root {
                Root::Input => self.world.input,
                Root::Data => Some(self.world.data),
            };
            let value = from.and_then(|from| lookup(from, &alias.path, &Hints::default())).copied();
            cell.set(value.map_or(Memo::Undefined, Memo::Value));
            return Ok(value);
        }
        if self.is_settled(document) {
            return self.settled(document, cell, stack);
        }
        self.compute(document, cell, stack)
    }

    /// Computes a document; `cell` is where its value is remembered.
    #[inline]
    pub(super) fn compute(
        &mut self,
        document: u32,
        cell: &Cell<Memo<'a>>,
        stack: &mut [Value<'a>],
    ) -> Result<Option<Value<'a>>> {
        cell.set(Memo::Running);
        let result = self.call_anew(document, &[], stack);
        cell.set(match &result {
            Ok(Some(value)) => Memo::Value(*value),
            Ok(None) => Memo::Undefined,
            // Another query may ask again, and is told again.
            Err(_) => Memo::Empty,
        });
        result
    }
}

/// Bytes of the native stack that a few calls may need, and of the segments that are added.
const STACK_LEFT: usize = 256 << 10;
const STACK_SEGMENT: usize = 2 << 20;
