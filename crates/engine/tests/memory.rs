//! How much memory base data takes, at most beside its text and in the end, and how much patches add. One test after the
//! other, because they look at the memory of the whole process.

#![allow(clippy::unwrap_used)]

use peak_alloc::PeakAlloc;
use solon_engine::{Compiler, Input};
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Whose turn it is.
static TURN: Mutex<()> = Mutex::new(());

/// Users with their roles, as an access control list has them.
fn users(count: usize) -> String {
    let mut text = String::from("{\"users\":{");
    for user in 0..count {
        let separator = if user > 0 { "," } else { "" };
        write!(text, "{separator}\"user{user}@example.org\":[").unwrap();
        for role in 0..8 {
            let separator = if role > 0 { "," } else { "" };
            write!(text, "{separator}\"role{}\"", (user * 7 + role * 13) % 997).unwrap();
        }
        text.push(']');
    }
    text.push_str("}}");
    text
}

/// Pods, as the inventory of a cluster has them.
fn pods(count: usize) -> String {
    let mut text = String::from("{\"inventory\":{");
    for pod in 0..count {
        let separator = if pod > 0 { "," } else { "" };
        let app = pod % 40;
        write!(
            text,
            r#"{separator}"web-{pod}":{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"web-{pod}","namespace":"team-{app}","labels":{{"app.kubernetes.io/name":"app-{app}","tier":"web"}},"uid":"0b5e2f6c-{pod:08}"}},"spec":{{"serviceAccountName":"app-{app}","containers":[{{"name":"main","image":"registry.example.org/app-{app}:1.{}","resources":{{"limits":{{"cpu":"500m","memory":"128Mi"}}}},"ports":[{{"containerPort":8080,"protocol":"TCP"}}]}}]}}}}"#,
            pod % 7
        )
        .unwrap();
    }
    text.push_str("}}");
    text
}

#[test]
fn data_take_little_more_than_their_text() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for (name, entries, text) in [("users", 75_000, users(75_000)), ("pods", 20_000, pods(20_000))] {
        let size = text.len();
        assert!(size > 7_000_000, "{name}: {size}");
        let before = MEMORY.current_usage();
        // The compiler owns the text, as a program that has read a file does.
        let bytes = text.into_bytes();
        let compiler = Compiler::new().module("a.rego", "package a\nx := input.a").data(bytes);
        MEMORY.reset_peak_usage();
        let policy = compiler.compile().unwrap();
        // `before` has the text in it already. The peak is counted beside it.
        let peak = MEMORY.peak_usage() - before;
        let settled = MEMORY.current_usage() + size - before;
        let ratio = |bytes: usize| bytes as f64 / size as f64;
        println!("{name}: {size} bytes of text, peak {:.2}, settled {:.2}", ratio(peak), ratio(settled));
        assert!(ratio(peak) < 2.75, "{name}: the peak is {:.2} of the text, beside it", ratio(peak));
        assert!(ratio(settled) < 2.0, "{name}: what is kept is {:.2} of the text", ratio(settled));

        // Another version that differs in one key shares all the rest with this one; of the object that the key is in
        // the entries are copied, but not what they hold.
        let table = if name == "users" { "users" } else { "inventory" };
        for (path, most) in [(vec!["other"], 16 << 10), (vec![table, "somebody"], entries * 160)] {
            let before = MEMORY.current_usage();
            let patched = policy.patch_data(&path, br#"["role1"]"#).unwrap();
            let added = MEMORY.current_usage() - before;
            println!("{name}: a patch of {path:?} adds {added} bytes");
            assert!(added < most, "{name}: a patch of {path:?} adds {added} bytes");
            let is_there = |policy: &solon_engine::Policy| {
                let query = policy.prepare(&format!("data.{}", path.join("."))).unwrap();
                !query.evaluator().eval(Input::none()).unwrap().is_undefined()
            };
            assert!(is_there(&patched) && !is_there(&policy));
        }
    }
}

/// A program patches its data for as long as it runs, each time what came of the last patch.
#[test]
fn patches_of_patches_do_not_add_up() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for (count, patches) in [(1, 100_000), (1_000, 2_000)] {
        let before = MEMORY.current_usage();
        let compiler = Compiler::new().module("a.rego", "package a\nx := data.n").data(users(count));
        let mut policy = compiler.compile().unwrap();
        let whole = MEMORY.current_usage() - before;
        MEMORY.reset_peak_usage();
        let path = ["users", "somebody", "n"];
        for number in 1..=patches {
            policy = policy.patch_data(&path, number.to_string().as_bytes()).unwrap();
        }
        let peak = MEMORY.peak_usage() - before;
        println!("{count} users: {whole} bytes, {peak} at most with {patches} patches");
        // Patches that take twice as much as the data, or little, a copy of them, and what is needed to make that.
        assert!(peak < 5 * whole + (128 << 10), "{count} users: {patches} patches take {peak} bytes");
        let query = policy.prepare("data.users.somebody.n").unwrap();
        assert_eq!(query.evaluator().eval(Input::none()).unwrap().deserialize::<u32>().unwrap(), patches);
    }
}
