//! Inputs that no text bounds: what is made of them is held to the limits, and never is an answer.

#![allow(clippy::unwrap_used)]

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use solon_engine::builtins::{CustomBuiltin, Json};
use solon_engine::value::serde::{Build, Builder, Cause, Meter, SerdeError};
use solon_engine::value::{OwnedValue, Value};
use solon_engine::{Compiler, Error, Evaluator, Host, Input, Limits, NoHost, Query};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// Something small that is without measure when it is written out: so many times what is a level deeper, in a list or
/// under keys.
struct Shared {
    levels: usize,
    times: usize,
    leaf: Leaf,
}

enum Leaf {
    Text(String),
    Bytes(Vec<u8>),
    Number(u128),
}

impl Shared {
    fn bomb() -> Self {
        Shared { levels: 12, times: 9, leaf: Leaf::Text("lol".to_owned()) }
    }

    fn deeper(&self) -> Part<'_> {
        Part { of: self, level: 0 }
    }
}

#[derive(Clone, Copy)]
struct Part<'s> {
    of: &'s Shared,
    level: usize,
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.level == self.of.levels {
            return match &self.of.leaf {
                Leaf::Text(text) => serializer.serialize_str(text),
                Leaf::Bytes(bytes) => serializer.serialize_bytes(bytes),
                Leaf::Number(number) => serializer.serialize_u128(*number),
            };
        }
        let below = Part { level: self.level + 1, ..*self };
        if self.level.is_multiple_of(2) {
            let mut list = serializer.serialize_seq(None)?;
            (0..self.of.times).try_for_each(|_| list.serialize_element(&below))?;
            return list.end();
        }
        let mut map = serializer.serialize_map(None)?;
        (0..self.of.times).try_for_each(|key| map.serialize_entry(&key, &below))?;
        map.end()
    }
}

impl Build for Part<'_> {
    fn build<'a>(&self, builder: Builder<'a, '_>) -> Result<Value<'a>, SerdeError> {
        self.serialize(builder)
    }
}

/// A query that would be true if `input` were undefined, or nothing of it were known.
fn query() -> Query {
    let module = "package a\ndefault refused := false\nrefused if json.marshal(input) != \"\"\nallow if not refused";
    Compiler::new().module("a.rego", module).compile().unwrap().prepare("data.a.allow").unwrap()
}

/// An evaluator with a limit of a mebibyte.
fn evaluator() -> Evaluator {
    query().evaluator().limits(Limits { memory: 1 << 20, ..Limits::default() })
}

fn is_too_much(error: &Error) {
    assert!(error.is_limit(), "{error}");
    assert_eq!(error.issues()[0].message, "more than 1048576 bytes of memory");
}

#[test]
fn inputs_that_share_their_parts_are_held_to_the_limit() {
    let mut evaluator = evaluator();
    for leaf in [Leaf::Text("lol".to_owned()), Leaf::Bytes(vec![0; 100]), Leaf::Number(u128::MAX)] {
        let bomb = Shared { leaf, ..Shared::bomb() };
        is_too_much(&evaluator.eval(Input::serialize(&bomb.deeper())).map(drop).unwrap_err());
        is_too_much(&evaluator.eval(Input::build(&bomb.deeper())).map(drop).unwrap_err());
        // What it left behind is nobody's limit.
        assert!(!evaluator.eval(Input::serialize(&[1])).unwrap().is_true());
    }
}

#[test]
fn long_texts_that_stand_in_many_places_are_held_to_the_limit() {
    let long = "x".repeat(100_000);
    for leaf in [Leaf::Text(long.clone()), Leaf::Bytes(long.into_bytes())] {
        let many = Shared { levels: 1, times: 1_000_000, leaf };
        is_too_much(&evaluator().eval(Input::serialize(&many.deeper())).map(drop).unwrap_err());
    }
}

#[test]
fn what_fits_is_an_input() {
    let small = Shared { levels: 3, times: 9, leaf: Leaf::Number(1) };
    assert!(!evaluator().eval(Input::serialize(&small.deeper())).unwrap().is_true());
}

#[test]
fn inputs_that_are_built_before_and_owned_values_are_held_to_it_too() {
    let bomb = Shared::bomb();
    let limits = Limits { memory: 1 << 20, ..Limits::default() };
    is_too_much(&query().build_input(&bomb.deeper(), &limits, &NoHost).map(drop).unwrap_err());
    let error = OwnedValue::build(&bomb.deeper(), &Meter::new(1 << 20, &|| Ok(()))).map(drop).unwrap_err();
    assert_eq!(error.cause(), Cause::Limit);
}

#[test]
fn results_of_functions_are_held_to_it_too() {
    struct Bomb;
    impl Serialize for Bomb {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            Shared::bomb().deeper().serialize(serializer)
        }
    }
    let compiler = Compiler::new().builtin(CustomBuiltin::typed("own.bomb", || Json(Bomb)));
    let policy = compiler.module("a.rego", "package a\nallow if not own.bomb()").compile().unwrap();
    let evaluator = policy.prepare("data.a.allow").unwrap().evaluator();
    let mut evaluator = evaluator.limits(Limits { memory: 1 << 20, ..Limits::default() });
    let error = evaluator.eval(Input::none()).map(drop).unwrap_err();
    assert!(error.is_limit() && error.to_string().contains("own.bomb: more than 1048576 bytes"), "{error}");
}

/// A host whose time goes on each time it is asked, and that wants an end at some time.
struct Ticking {
    now: AtomicI64,
    end: i64,
}

impl Host for Ticking {
    fn now(&self) -> Option<i64> {
        Some(self.now.fetch_add(1, Ordering::Relaxed))
    }

    fn is_cancelled(&self) -> bool {
        self.now.load(Ordering::Relaxed) > self.end
    }
}

#[test]
fn what_is_not_wanted_takes_no_longer_than_the_deadline() {
    // Nothing of what lies in the items is wanted, so that no memory is taken. All of it is walked over.
    let module = "package a\nallow if not input[0].name";
    let query = Compiler::new().module("a.rego", module).compile().unwrap().prepare("data.a.allow").unwrap();
    let bomb = Shared { levels: 2, times: 1_000_000, leaf: Leaf::Number(1) };
    let begun = Instant::now();
    for (deadline, end) in [(Some(5), i64::MAX), (None, 0)] {
        let host = Arc::new(Ticking { now: AtomicI64::new(if deadline.is_none() { 1 } else { 0 }), end });
        let limits = Limits { deadline, memory: 1 << 30, ..Limits::default() };
        let mut evaluator = query.evaluator().host(host).limits(limits);
        let error = evaluator.eval(Input::serialize(&bomb.deeper())).map(drop).unwrap_err();
        assert!(if deadline.is_some() { error.is_limit() } else { error.is_cancelled() }, "{error}");
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
