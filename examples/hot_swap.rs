//! Data change while threads evaluate: `cargo run --release --example hot_swap`.
//!
//! What threads share is a prepared query. New data makes another one of the same code, which takes its place in one
//! step. Each decision is made on one version of the data from its beginning to its end.

use solon::{Compiler, Error, Input, Query};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

/// The query as it is now. Readers copy it, which is cheap.
struct Current(RwLock<Query>);

impl Current {
    fn get(&self) -> Query {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a value at a path of the data. What lies beside it is shared with the version before.
    fn patch(&self, path: &[&str], json: &[u8]) -> Result<(), Error> {
        let old = self.get();
        let policy = old.policy().patch_data(path, json)?;
        if let Some(new) = old.with_policy(&policy) {
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = new;
        }
        Ok(())
    }
}

const UPDATES: u64 = 200;

fn main() -> Result<(), Error> {
    // In every version both numbers are the same: whoever sees two versions at once sees a difference.
    let module = "package app\nis_whole if data.version.left == data.version.right\nversion := data.version.left";
    let policy =
        Compiler::new().module("app.rego", module).data(r#"{"version": {"left": 0, "right": 0}}"#).compile()?;
    let current = Current(RwLock::new(policy.prepare("[data.app.is_whole, data.app.version]")?));
    let (is_done, decisions) = (AtomicBool::new(false), AtomicU64::new(0));

    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut newest = 0;
                    while !is_done.load(Ordering::Acquire) {
                        let mut evaluator = current.get().evaluator();
                        // An evaluator keeps the data that it began with.
                        for _ in 0..50 {
                            let (is_whole, version): (bool, u64) = evaluator.eval(Input::none())?.deserialize()?;
                            assert!(is_whole && version >= newest);
                            newest = version;
                            decisions.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    Ok::<(), Error>(())
                })
            })
            .collect();
        let updated = (1..=UPDATES).try_for_each(|version| {
            current.patch(&["version"], format!(r#"{{"left": {version}, "right": {version}}}"#).as_bytes())
        });
        is_done.store(true, Ordering::Release);
        for reader in readers {
            reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        }
        updated
    })?;

    let (_, version): (bool, u64) = current.get().evaluator().eval(Input::none())?.deserialize()?;
    println!("{} decisions during {version} versions of the data", decisions.load(Ordering::Relaxed));
    assert_eq!(version, UPDATES);
    Ok(())
}

#[test]
fn runs() -> Result<(), Error> {
    main()
}
