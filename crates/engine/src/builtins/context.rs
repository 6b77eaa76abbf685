//! What a builtin can reach while it runs.

use super::{Builtin, Customs, Failure, Outcome, SentRequests};
use crate::host::Host;
use crate::value::json::Projection;
use crate::value::serde::{Build, Builder, Cause, Meter, SerdeError};
use crate::value::{Bump, LateReader, SymbolTable, Value};
use crate::vm::Limits;
use hashbrown::HashMap;
use serde::Serialize;
use std::any::Any;

/// What a builtin can reach: the evaluation's arena, the host, caches and limits.
#[non_exhaustive]
pub struct Context<'a, 'c> {
    /// Where results live.
    pub arena: &'a Bump,
    /// The outside.
    pub host: &'c dyn Host,
    /// The policy's symbols.
    pub symbols: &'c SymbolTable,
    /// Compiled patterns and the like, kept by the evaluator from one evaluation to the next.
    pub caches: &'c mut Caches,
    /// What the evaluation may use.
    pub limits: &'c Limits,
    /// The hosts that may be asked; `None` for any.
    pub allowed_hosts: Option<&'c [String]>,
    /// The time of this evaluation in nanoseconds, once asked for.
    pub now: &'c mut Option<i64>,
    /// HTTP requests that were sent in this evaluation, with what came of them.
    pub sent: &'c mut Option<Box<SentRequests<'a>>>,
    /// The name of the builtin that is called.
    pub name: &'static str,
    /// The functions of the embedding program.
    pub customs: &'c Customs,
    /// Where the call stands, as `file:row`.
    pub place: &'c dyn Fn() -> String,
    /// Reads entries of the input that were not read yet, for builtins that are known to look them up; `None` where
    /// everything was read.
    pub late: Option<&'c mut LateReader<'a>>,
}

/// Calls a builtin outside of any evaluation: for examples and tests of builtins.
#[doc(hidden)]
pub fn call_alone<'a>(
    builtin: &Builtin,
    arena: &'a Bump,
    host: &dyn Host,
    limits: &Limits,
    args: &[Value<'a>],
) -> Outcome<'a> {
    call_keeping(&mut Caches::default(), builtin, arena, host, limits, args)
}

/// The same with what is kept from call to call.
pub(super) fn call_keeping<'a>(
    caches: &mut Caches,
    builtin: &Builtin,
    arena: &'a Bump,
    host: &dyn Host,
    limits: &Limits,
    args: &[Value<'a>],
) -> Outcome<'a> {
    let mut context = Context {
        arena,
        host,
        symbols: &SymbolTable::new(),
        caches,
        limits,
        allowed_hosts: None,
        now: &mut None,
        sent: &mut None,
        name: builtin.name,
        customs: &Customs::default(),
        place: &|| "policy.rego:1".into(),
        late: None,
    };
    (builtin.call)(&mut context, args)
}

impl<'a> Context<'a, '_> {
    /// The most bytes a single string or collection may take.
    pub fn max_bytes(&self) -> usize {
        self.limits.value_size
    }

    /// Fails if a result of `bytes` bytes would be too large. Call it before building what an input can make big.
    pub fn check_size(&self, bytes: usize) -> Result<(), Failure> {
        if bytes > self.max_bytes() {
            return Err(Failure::Halt(format!("result of {bytes} bytes is over the limit of {}", self.max_bytes())));
        }
        Ok(())
    }

    /// Fails if capabilities do not allow a host to be asked.
    pub fn check_host(&self, name: &str) -> Result<(), Failure> {
        match self.allowed_hosts {
            Some(hosts) if !hosts.iter().any(|host| host == name) => {
                Err(Failure::Error(format!("disallowed host: {name}")))
            }
            _ => Ok(()),
        }
    }

    /// A result that something makes of itself. If it cannot, the evaluation ends.
    pub fn build(&self, source: &dyn Build) -> Outcome<'a> {
        self.made(|builder| source.build(builder))
    }

    /// A result that serde can write. If it cannot, the evaluation ends.
    pub fn serialize(&self, source: &(impl Serialize + ?Sized)) -> Outcome<'a> {
        self.made(|builder| source.serialize(builder))
    }

    fn made(&self, make: impl FnOnce(Builder<'a, '_>) -> Result<Value<'a>, SerdeError>) -> Outcome<'a> {
        let look = || self.limits.watch(self.host);
        let meter = Meter::new(self.limits.memory, &look);
        make(Builder::new(self.arena, self.symbols, Projection::ALL, &meter)).map_err(|error| match error.cause() {
            Cause::Unfit => Failure::Fatal(error.to_string()),
            Cause::Limit | Cause::Cancelled => Failure::Halt(error.to_string()),
        })
    }

    /// A string result, its size checked.
    pub fn string(&self, text: &str) -> Result<Value<'a>, Failure> {
        self.check_size(text.len())?;
        Ok(Value::new_string(self.arena, text))
    }

    /// A string result that `write` appends piece by piece, its size checked at the end. The text grows in a buffer
    /// that is kept from call to call, so that only the result takes memory.
    pub fn written(
        &mut self,
        write: impl FnOnce(&mut Self, &mut String) -> Result<(), Failure>,
    ) -> Result<Value<'a>, Failure> {
        let mut text = std::mem::take(&mut self.caches.scratch);
        text.clear();
        let result = write(self, &mut text).and_then(|()| self.string(&text));
        self.caches.keep_scratch(text);
        result
    }

    /// The time of this evaluation: the host's, asked once.
    pub fn now(&mut self) -> Result<i64, Failure> {
        if self.now.is_none() {
            *self.now = self.host.now();
        }
        self.now.ok_or_else(|| Failure::Halt("the host gives no clock".into()))
    }
}

/// How many compiled things of one kind are kept.
const CAPACITY: usize = 1024;

/// A scratch text larger than this is given back to the system.
const SCRATCH: usize = 64 << 10;

/// The kinds of things that are kept, each in a table of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Regular expressions, by their source.
    Regex,
    /// Glob patterns, by their delimiters and source.
    Glob,
    /// JSON schemas, by their text.
    Schema,
    /// Keys that sign, by their JWK.
    SigningKey,
    /// Keys that verify, by their text.
    VerifyingKeys,
}

/// Compiled patterns by their text, one table for each kind of thing, and room for a text being written.
#[derive(Default)]
pub struct Caches {
    regex: Table,
    glob: Table,
    schemas: Table,
    signing_keys: Table,
    verifying_keys: Table,
    scratch: String,
}

/// Things by their texts.
#[derive(Default)]
struct Table {
    things: Vec<(String, Box<dyn Any + Send>)>,
    /// Where each text's thing is.
    places: HashMap<String, usize>,
    /// The place of the one that was asked for last: a loop asks for the same again and again.
    last: usize,
}

impl Table {
    /// The place of a text's thing.
    fn find(&mut self, text: &str) -> Option<usize> {
        let is_last = self.things.get(self.last).is_some_and(|(last, _)| last == text);
        if !is_last {
            self.last = *self.places.get(text)?;
        }
        Some(self.last)
    }

    /// Puts a thing where its text has none; gives its place.
    fn insert(&mut self, text: &str, thing: Box<dyn Any + Send>) -> usize {
        if self.things.len() >= CAPACITY {
            self.things.clear();
            self.places.clear();
        }
        self.last = self.things.len();
        self.places.insert(text.to_owned(), self.last);
        self.things.push((text.to_owned(), thing));
        self.last
    }
}

impl Caches {
    /// What is made with room for a text, which is empty at first.
    pub(super) fn with_scratch<T>(&mut self, make: impl FnOnce(&mut Self, &mut String) -> T) -> T {
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        let made = make(self, &mut text);
        self.keep_scratch(text);
        made
    }

    fn keep_scratch(&mut self, text: String) {
        if text.capacity() <= SCRATCH {
            self.scratch = text;
        }
    }

    /// The thing of `kind` made from `text`: built by `build` the first time, kept for the next. The cache of a kind
    /// is emptied when it is full.
    pub fn get<T: Any + Send>(
        &mut self,
        kind: Kept,
        text: &str,
        build: impl FnOnce(&str) -> Result<T, Failure>,
    ) -> Result<&T, Failure> {
        let table = self.table(kind);
        let at = match table.find(text) {
            Some(at) => at,
            None => table.insert(text, Box::new(build(text)?)),
        };
        let thing = table.things.get(at).and_then(|(_, thing)| thing.downcast_ref());
        thing.ok_or_else(|| Failure::Halt("internal: a cache holds another type".into()))
    }

    /// The thing of `kind` made from `text`, if there is one.
    pub(super) fn find<T: Any>(&mut self, kind: Kept, text: &str) -> Option<&T> {
        let table = self.table(kind);
        let at = table.find(text)?;
        table.things.get(at)?.1.downcast_ref()
    }

    fn table(&mut self, kind: Kept) -> &mut Table {
        match kind {
            Kept::Regex => &mut self.regex,
            Kept::Glob => &mut self.glob,
            Kept::Schema => &mut self.schemas,
            Kept::SigningKey => &mut self.signing_keys,
            Kept::VerifyingKeys => &mut self.verifying_keys,
        }
    }
}
