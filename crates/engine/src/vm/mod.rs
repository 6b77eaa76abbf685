//! The machine that runs code.
//!
//! Takes a [`Code`], an input and base data; gives the value of a query's function. Everything it makes lives in the
//! evaluation's arena. It must not know sources, plans or names, except to say where an error comes from.

mod build;
mod call;
mod candidates;
mod conflict;
mod documents;
mod elements;
mod error;
mod matching;
mod observed;
mod part;
mod remember;
mod run;
mod settled;
mod walks;
mod watch;
mod world;

pub use error::{Differing, EvalError, codes};
pub use observed::Observed;
pub use settled::Settled;

use crate::builtins::{Caches, SentRequests};
use crate::capabilities::Capabilities;
use crate::code::aliases::Alias;
use crate::code::{Function, Unit};
use crate::host::Host;
use crate::plan::Tree;
use crate::value::serde::{Cause, Meter};
use crate::value::{Bump, LateReader, SymbolTable, Value, exceeds, used_bytes};
use error::Result;
use solon_syntax::Span;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use world::{Hints, Memo, World};

/// A compiled policy, as the machine sees it.
pub struct Code {
    /// Where documents are.
    pub tree: Tree,
    /// What the functions name by number.
    pub unit: Unit,
    /// A function for each document.
    pub functions: Vec<Function>,
    /// Interned strings.
    pub symbols: SymbolTable,
    /// For each function the registers that it and what it calls need.
    pub stack: Vec<usize>,
    /// For each document how many levels it adds to what it is made of.
    pub levels: Vec<u32>,
    /// For each function whether its results are worth keeping.
    pub is_remembered: Vec<bool>,
    /// For each document whether it is the same whatever `input` is.
    pub is_input_free: Vec<bool>,
    /// For each document whether it is the same in each evaluation over the same base data.
    pub is_settled: Vec<bool>,
    /// For each document what it is another name for.
    pub aliases: Vec<Option<Alias>>,
}

impl Code {
    /// Whether nothing but its code says what a document is.
    pub fn is_computed(&self, document: u32) -> bool {
        let at = document as usize;
        matches!(self.aliases.get(at), Some(None)) && self.is_settled.get(at) == Some(&false)
    }
}

/// A compiled query.
pub struct QueryCode {
    /// The document that is all the query asks for: then its value is asked for without running the function.
    pub document: Option<u32>,
    /// Whether nothing but its code says what that document is.
    pub is_computed: bool,
    /// What the function names by number.
    pub unit: Unit,
    /// Gives an array of rows.
    pub function: Function,
    /// The registers that it and what it calls need.
    pub stack: usize,
}

/// What an evaluation may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The latest time, in nanoseconds since the Unix epoch by the host's clock. Without a clock nothing is evaluated.
    pub deadline: Option<i64>,
    /// Steps: turns of loops, calls, documents and collections; large collections count more.
    pub instructions: u64,
    /// Bytes of the evaluation's arena.
    pub memory: usize,
    /// Bytes of one string or collection that a builtin makes.
    pub value_size: usize,
    /// How deep rules may call one another.
    pub depth: usize,
    /// Bytes of an answer, roughly as many as its JSON has. A value that stands in many places of an answer takes
    /// memory once while it is evaluated, but counts in each place here.
    pub result_size: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            deadline: None,
            instructions: u64::MAX,
            memory: Meter::MEMORY,
            value_size: 256 << 20,
            depth: 4096,
            result_size: 256 << 20,
        }
    }
}

/// What the machine keeps between evaluations, so that it need not allocate once warm.
pub struct Reusable {
    /// Compiled patterns.
    pub caches: Caches,
    /// Where the keys of paths were found, by the paths' numbers; paths may share a place.
    hints: [Hints; PATHS],
    /// Rules that an index found.
    candidates: Vec<u32>,
    /// Which functions' results are worth being kept.
    worth: remember::Worth,
    /// For each rule of an observed policy whether it had an answer; empty for others.
    pub fired: Vec<bool>,
}

/// Paths whose keys' positions are kept.
const PATHS: usize = 128;

impl Default for Reusable {
    fn default() -> Self {
        Reusable {
            caches: Caches::default(),
            hints: std::array::from_fn(|_| Hints::default()),
            candidates: Vec::new(),
            worth: remember::Worth::default(),
            fired: Vec::default(),
        }
    }
}

/// What an evaluator is given for all of its evaluations.
pub struct Outside {
    /// What builtins may ask from outside.
    pub host: Arc<dyn Host>,
    /// What an evaluation may use.
    pub limits: Limits,
    /// Whether a builtin's error ends the evaluation.
    pub is_strict: bool,
}

/// What surrounds an evaluation.
pub struct Setting<'a, 's> {
    /// The outside.
    pub outside: &'s Outside,
    /// What is known of documents that are the same in each evaluation.
    pub settled: &'a Settled,
    /// The policy's capabilities.
    pub capabilities: &'s Capabilities,
    /// Names of files, for `print` and `trace`.
    pub place: &'s dyn Fn(Span) -> String,
}

/// What an evaluation is about.
pub struct Documents<'a, 's> {
    /// The input.
    pub input: Option<&'a Value<'a>>,
    /// Reads those entries of the input that were not read yet.
    pub late: &'s mut LateReader<'a>,
    /// The base documents.
    pub data: &'a Value<'a>,
}

/// What a query gives.
#[derive(Clone, Copy)]
pub enum Rows<'a> {
    /// One row of one value.
    One(Value<'a>),
    /// Any number of rows, each an array.
    Any(&'a [Value<'a>]),
}

/// Makes a machine for the evaluation of queries of a policy on one input, one after the other. Everything is made in the
/// arena.
#[inline]
pub fn evaluate<'a, T>(
    (code, arena): (&'a Code, &'a Bump),
    setting: &Setting<'a, '_>,
    documents: Documents<'a, '_>,
    reusable: &mut Reusable,
    run: impl FnOnce(&mut Machine<'a, '_>) -> T,
) -> T {
    let Documents { input, late, data } = documents;
    // An evaluation that failed may have left some.
    reusable.candidates.clear();
    reusable.worth.begin();
    if reusable.candidates.capacity() > KEPT {
        reusable.candidates.shrink_to(KEPT);
    }
    let mut machine = Machine {
        setting,
        arena,
        code,
        world: World::new(input, data),
        current: 0,
        scratch: ManuallyDrop::new(bumpalo::collections::Vec::new_in(arena)),
        extras: None,
        sent: None,
        reusable,
        late,
        witness: None,
        now: None,
        has_passed_over: false,
        budget: 0,
        spent: 0,
        depth: 0,
    };
    let result = run(&mut machine);
    // To drop what is nothing takes longer than to see that it is.
    if machine.sent.is_none() && machine.witness.is_none() {
        std::mem::forget(machine);
    }
    result
}

/// The state of an evaluation.
pub struct Machine<'a, 's> {
    setting: &'s Setting<'a, 's>,
    arena: &'a Bump,
    code: &'a Code,
    /// What is seen now; a copy of the one in [`Extras::worlds`], once there is a second one.
    world: World<'a>,
    current: usize,
    /// Items of collections that are being built. (They go with the arena.)
    scratch: ManuallyDrop<bumpalo::collections::Vec<'a, Value<'a>>>,
    /// What only some evaluations have, made when one asks for it.
    extras: Option<&'a mut Extras<'a>>,
    /// HTTP requests that were sent, with what came of them.
    sent: Option<Box<SentRequests<'a>>>,
    reusable: &'s mut Reusable,
    late: &'s mut LateReader<'a>,
    /// Who is told of answers, while a document is computed again that is in conflict.
    witness: Option<Box<conflict::Witness<'a>>>,
    now: Option<i64>,
    /// Whether an error of a builtin has made its expression undefined.
    has_passed_over: bool,
    /// Steps until the limits are looked at.
    budget: u32,
    /// Steps before those.
    spent: u64,
    depth: usize,
}

/// What only some evaluations have.
struct Extras<'a> {
    /// What was and is seen: the first one is seen where nothing is replaced.
    worlds: bumpalo::collections::Vec<'a, World<'a>>,
    /// Results of nondeterministic builtins: name, arguments, result.
    random: bumpalo::collections::Vec<'a, (&'static str, &'a [Value<'a>], Value<'a>)>,
    /// Results of functions that are rules.
    calls: remember::Remembered<'a>,
    /// Indexes of collections that loops with a filter walk over.
    indexes: matching::Indexes<'a>,
}

/// Places for rules that an index found that are kept from one evaluation to the next.
const KEPT: usize = 1 << 16;

/// Steps between two looks at the limits.
const INTERVAL: u32 = 4096;

/// Values that are made in one step.
const PER_STEP: usize = 8;

impl<'a> Extras<'a> {
    #[cold]
    #[inline(never)]
    fn new(arena: &'a Bump) -> &'a mut Self {
        arena.alloc(Extras {
            worlds: bumpalo::collections::Vec::new_in(arena),
            random: bumpalo::collections::Vec::new_in(arena),
            calls: remember::Remembered::new(arena),
            indexes: matching::Indexes::default(),
        })
    }
}

impl<'a> Machine<'a, '_> {
    /// Gets ready for several queries: what one computes the next ones are to know.
    pub fn remember(&mut self) {
        self.memo();
    }

    /// Gets ready for another query, whatever the one before left behind.
    pub fn begin(&mut self) {
        if let Some(first) = self.extras.as_ref().and_then(|extras| extras.worlds.first()) {
            self.world = *first;
        }
        (self.current, self.depth) = (0, 0);
        (self.budget, self.spent) = (0, 0);
        self.scratch.clear();
        self.reusable.candidates.clear();
    }

    /// What only some evaluations have.
    #[inline]
    fn extras(&mut self) -> &mut Extras<'a> {
        let arena = self.arena;
        self.extras.get_or_insert_with(|| Extras::new(arena))
    }

    /// The rows of a query, which are no larger than an answer may be.
    pub fn query(&mut self, query: &'a QueryCode) -> Result<Rows<'a>> {
        let is_free = self.is_free();
        if is_free {
            (self.spent, self.budget) = (INTERVAL.into(), INTERVAL);
        }
        let Some(document) = query.document else {
            let stack = self.arena.alloc_slice_fill_copy(query.stack, Value::Null);
            let rows = self.run(&query.unit, &query.function, stack)?.unwrap_or(Value::Array(&[]));
            self.check_result(rows)?;
            return Ok(Rows::Any(rows.as_array().unwrap_or_default()));
        };
        let needed = self.code.stack.get(document as usize).copied().unwrap_or_default();
        let found = match self.code.functions.get(document as usize) {
            // Nobody else asks for its value. A few registers lie on the native stack.
            Some(function) if is_free && query.is_computed && self.world.memo.is_empty() => {
                let (mut few, mut some, mut more);
                let stack: &mut [Value<'a>] = match needed {
                    0..=8 => {
                        few = [Value::Null; 8];
                        &mut few
                    }
                    9..=16 => {
                        some = [Value::Null; 16];
                        &mut some
                    }
                    17..=32 => {
                        more = [Value::Null; 32];
                        &mut more
                    }
                    _ => self.arena.alloc_slice_fill_copy(needed, Value::Null),
                };
                (self.budget, self.depth) = (INTERVAL - 1, 1);
                self.run(&self.code.unit, function, stack)?
            }
            _ => {
                let stack = self.arena.alloc_slice_fill_copy(needed, Value::Null);
                self.document(document, run::Place::end(&query.function), stack)?
            }
        };
        let Some(value) = found else { return Ok(Rows::Any(&[])) };
        self.check_result(value)?;
        Ok(Rows::One(value))
    }

    /// Fails if an answer is larger than it may be.
    #[inline]
    fn check_result(&self, value: Value<'a>) -> Result<()> {
        let limit = self.setting.outside.limits.result_size;
        if value.len().is_some() && exceeds(value, limit) {
            return Err(self.limit(format!("the result has more than {limit} bytes, or is nested too deep")));
        }
        Ok(())
    }

    /// Whether nothing limits the first steps, nor a first call.
    #[inline]
    fn is_free(&self) -> bool {
        let Limits { deadline, instructions, memory, depth, .. } = self.setting.outside.limits;
        deadline.is_none()
            && instructions >= INTERVAL.into()
            && depth > 0
            && self.arena.allocated_bytes() <= memory
            && !self.setting.outside.host.is_cancelled()
    }

    /// Counts a step; fails if a limit is reached.
    #[inline]
    fn tick(&mut self) -> Result<()> {
        match self.budget.checked_sub(1) {
            Some(budget) => {
                self.budget = budget;
                Ok(())
            }
            None => self.check_limits(),
        }
    }

    /// Counts several steps.
    #[inline]
    fn ticks(&mut self, mut count: usize) -> Result<()> {
        while count > self.budget as usize {
            count -= self.budget as usize + 1;
            self.check_limits()?;
        }
        self.budget -= count as u32;
        Ok(())
    }

    /// Counts the steps of making this many values.
    #[inline]
    fn making(&mut self, values: usize) -> Result<()> {
        self.ticks(values / PER_STEP + 1)
    }

    /// Fails if there is more memory than there may be: for what makes much of it in few steps.
    #[inline]
    fn check_memory(&self) -> Result<()> {
        // What is in use is a part of what the arena has.
        if self.arena.allocated_bytes() <= self.setting.outside.limits.memory {
            return Ok(());
        }
        self.check_memory_in_use()
    }

    #[cold]
    fn check_memory_in_use(&self) -> Result<()> {
        let found = self.reusable.candidates.capacity() * size_of::<u32>();
        let limit = self.setting.outside.limits.memory;
        if used_bytes(self.arena).saturating_add(found) > limit {
            return Err(self.limit(format!("more than {limit} bytes of memory")));
        }
        Ok(())
    }

    #[cold]
    fn check_limits(&mut self) -> Result<()> {
        let limits = &self.setting.outside.limits;
        let interval = u64::from(INTERVAL).min(limits.instructions.saturating_sub(self.spent)).max(1);
        if self.spent >= limits.instructions {
            return Err(self.limit(format!("more than {} instructions", limits.instructions)));
        }
        self.spent += interval;
        self.budget = interval as u32 - 1;
        self.check_memory()?;
        limits.watch(&*self.setting.outside.host).map_err(|error| match error.cause() {
            Cause::Cancelled => Box::new(EvalError::new(codes::CANCEL, error.to_string(), Span::default())),
            Cause::Limit | Cause::Unfit => self.limit(error.to_string()),
        })
    }

    fn limit(&self, message: String) -> Box<EvalError> {
        let message = format!("the evaluation's limit is reached: {message}");
        Box::new(EvalError::new(codes::LIMIT, message, Span::default()))
    }
}
