//! Saved policies whose code no compiler makes: they are refused, or come to an end within their limits of time and
//! memory.

#![allow(clippy::unwrap_used, clippy::panic)]

mod forge;

use forge::{Choices, forge};
use peak_alloc::PeakAlloc;
use solon_engine::code::{
    DocumentIndex, IndexId, Label, NearPath, Op, PathId, Range, Read, Target, TargetId, Update, Write,
};
use solon_engine::plan::DocumentId;
use solon_engine::vm::Code;
use solon_engine::{Compiler, Input, Limits, Policy};
use std::sync::Mutex;
use std::time::{Duration, Instant};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Memory is that of the process: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// Loading and evaluating may take this long on a busy machine without optimisation.
const SOON: Duration = Duration::from_secs(20);

const LIMITS: Limits = Limits {
    deadline: None,
    instructions: 1_000_000,
    memory: 32 << 20,
    value_size: 8 << 20,
    depth: 256,
    result_size: 8 << 20,
};

/// What there may be beside what is counted: an arena grows by half of what it has, other tables by as much as that.
const MOST: usize = 3 * LIMITS.memory;

/// What `data.a.p` is when the code of a module was changed; an error of loading or evaluating.
fn ask(module: &str, change: impl FnOnce(&mut Code)) -> Result<String, String> {
    ask_file(&saved(module), "data.a.p", change)
}

fn saved(module: &str) -> Vec<u8> {
    let _alone = ALONE.lock();
    Compiler::new().module("a.rego", module).compile().unwrap().save().unwrap()
}

/// What a query gives when the code of a saved policy was changed.
fn ask_file(file: &[u8], query: &str, change: impl FnOnce(&mut Code)) -> Result<String, String> {
    // What others take and give back meanwhile would count.
    let alone = ALONE.lock();
    let file = Policy::forge(file, change).unwrap();
    let start = Instant::now();
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let ask = || {
        let query = Policy::load(&file)?.prepare(query)?;
        let mut evaluator = query.evaluator().limits(LIMITS);
        let answer = evaluator.eval(Input::json("{\"xs\": [1, 2, 3], \"k\": \"a\"}"))?;
        Ok(serde_json::to_string(&answer).unwrap())
    };
    let said = ask().map_err(|error: solon_engine::Error| error.to_string());
    // Small things are given back elsewhere all the same.
    let (taken, peak) = (start.elapsed(), MEMORY.peak_usage().saturating_sub(before));
    drop(file);
    drop(alone);
    assert!(taken < SOON && peak < MOST, "took {taken:?} and {peak} bytes: {said:?}");
    said
}

/// Where the function of a document is.
fn document(code: &Code, name: &str) -> usize {
    code.tree.documents.iter().position(|document| document.path.join(".") == name).unwrap()
}

/// Gives a document other instructions.
fn replace(code: &mut Code, name: &str, registers: u16, ops: Vec<Op>) {
    let at = document(code, name);
    let function = &mut code.functions[at];
    (function.registers, function.ops) = (registers, ops);
    function.spans.clear();
}

#[test]
fn a_walk_without_a_beginning_counts_steps() {
    let (iterator, collection, equal) = (Update(0), Read(1), Read(1));
    let entry = Op::NextEqualEntry {
        iterator,
        collection,
        path: PathId(0),
        equal,
        key: Write(2),
        value: Write(3),
        done: Label(2),
    };
    let values = Op::NextEqual { iterator, collection, path: PathId(0), equal, value: Write(2), done: Label(2) };
    let (path, done) = (NearPath(0), Label(2));
    let both =
        Op::NextEqualBoth { iterator, collection, path, equal, second: path, other: equal, value: Write(2), done };
    for next in [values, entry, both] {
        let said = ask("package a\np := x if { x := input.y }", |code| {
            code.unit.paths = vec![Vec::new().into(); 1];
            let data = |register| Op::BaseData { dst: Write(register) };
            replace(code, "a.p", 4, vec![data(0), data(1), next, Op::Return {}]);
        });
        assert!(said.as_ref().is_err_and(|error| error.contains("1000000 instructions")), "{said:?}");
    }
}

/// What goes around for ever by way of an instruction that counts a step, and does something each time.
fn around(begin: Vec<Op>, each: &[Op], end: Vec<Op>) -> Vec<Op> {
    let head = begin.len() + 2;
    let iterator = 0;
    let mut ops = begin;
    ops.extend([Op::BaseData { dst: Write(1) }, Op::Start { iterator: Write(iterator) }]);
    let out = Label((head + each.len() + 2) as u32);
    // A number has no elements: it goes to where it would end, which is the next instruction.
    ops.push(Op::NextKey {
        iterator: Update(iterator),
        collection: Read(2),
        key: Write(3),
        done: Label(head as u32 + 1),
    });
    ops.extend_from_slice(each);
    ops.push(Op::Jump { to: Label(head as u32) });
    assert_eq!(ops.len(), out.0 as usize);
    ops.extend(end);
    ops
}

#[test]
fn what_is_made_counts_until_there_is_too_much() {
    const MANY: u16 = 32_000;
    let all = |count: u16| Range { first: 0, count };
    let fill = || (0..MANY).map(|register| Op::BaseData { dst: Write(register) }).collect::<Vec<_>>();
    let dst = Write(MANY);
    let (keys, value, mark) = (all(MANY), Read(1), Read(MANY));
    let begin = Op::Begin { mark: Write(MANY) };
    let cases: Vec<(&str, Vec<Op>, usize)> = vec![
        ("arrays", vec![Op::MakeArray { dst, items: keys }], 1),
        ("small arrays", vec![Op::MakeArray { dst, items: all(2) }], 2000),
        ("sets", vec![Op::MakeSet { dst, items: keys }], 1),
        ("objects", vec![Op::MakeObject { dst, items: keys }], 1),
        ("items", [&[begin][..], &[Op::Push { src: value }; 3000], &[Op::EndArray { dst, mark }]].concat(), 1),
        ("entries", vec![begin, Op::PushNested { keys: all(400), value }, Op::EndNested { dst, mark }], 60),
        ("members", vec![begin, Op::PushMember { keys: all(400), value }, Op::EndNested { dst, mark }], 60),
        ("places", vec![begin, Op::PushPlace { keys: all(400), value }, Op::EndNested { dst, mark }], 60),
        (
            "worlds",
            vec![Op::Enter { outer: dst }, Op::Replace { target: TargetId(0), src: value }, Op::SetWorld { src: mark }],
            30,
        ),
    ];
    for (name, each, times) in cases {
        let said = ask("package a\np := x if { x := input.y }\nq if { input.y == 2 with input.y as 2 }", |code| {
            assert!(matches!(code.unit.targets[0], Target::Input(_)));
            let each = each.repeat(times);
            let ops = around(fill(), &each, vec![Op::Return {}]);
            replace(code, "a.p", MANY + 1, ops);
        });
        assert!(said.as_ref().is_err_and(|error| error.contains("limit is reached")), "{name}: {said:?}");
    }
}

#[test]
fn rules_that_are_found_and_not_gone_to_count() {
    let key = |number| if number == 0 { "b" } else { "a" };
    let rules: String = (0..2000).map(|number| format!("p := {number} if input.k == \"{}\"\n", key(number))).collect();
    let said = ask(&format!("package a\n{rules}"), |code| {
        let ops = around(
            (2..4).map(|register| Op::BaseData { dst: Write(register) }).collect(),
            &[Op::Dispatch { index: IndexId(0), mark: Write(4) }; 100],
            vec![Op::Return {}],
        );
        let at = document(code, "a.p");
        let end = Label(ops.len() as u32 - 1);
        code.functions[at].definitions.fill(end);
        replace(code, "a.p", 5, ops);
    });
    assert!(said.as_ref().is_err_and(|error| error.contains("limit is reached")), "{said:?}");
}

/// The error of a file whose code was changed, which is refused.
fn refused(module: &str, change: impl FnOnce(&mut Code)) -> String {
    let said = ask(module, change);
    said.err().filter(|error| error.starts_with("invalid_compiled_policy")).unwrap_or_else(|| panic!("not refused"))
}

const SMALL: &str = "package a\np := x if { x := input.y }";

#[test]
fn registers_are_no_constants() {
    let error = refused(SMALL, |code| {
        let ops = vec![Op::BaseData { dst: Write(Read::CONSTANTS) }, Op::ReturnValue { src: Read(Read::CONSTANTS) }];
        replace(code, "a.p", Read::CONSTANTS + 8, ops);
    });
    assert!(error.contains("registers that are read as constants"), "{error}");
}

#[test]
fn collections_end_before_their_function_does() {
    for end in [Op::Return {}, Op::ReturnValue { src: Read(1) }] {
        let error = refused(SMALL, |code| {
            let ops =
                vec![Op::BaseData { dst: Write(1) }, Op::Begin { mark: Write(0) }, Op::Push { src: Read(1) }, end];
            replace(code, "a.p", 2, ops);
        });
        assert!(error.contains("collections do not end where they begin"), "{error}");
    }
}

#[test]
fn items_are_no_keys() {
    let said = ask("package a\np := x if { x := numbers.range(1, 1000) }\nq := numbers.range(1, 300000)", |code| {
        let document = DocumentIndex(document(code, "a.q") as u32);
        let mark = Read(1);
        let ops = vec![
            Op::Document { dst: Write(0), document, fail: Label(7) },
            Op::Begin { mark: Write(1) },
            Op::Push { src: Read(0) },
            Op::Push { src: Read(0) },
            Op::Push { src: Read(0) },
            Op::EndNested { dst: Write(0), mark },
            Op::ReturnValue { src: Read(0) },
            Op::Return {},
        ];
        let at = self::document(code, "a.p");
        code.functions[at].documents = vec![DocumentId(document.0)];
        replace(code, "a.p", 2, ops);
    });
    assert!(said.as_ref().is_err_and(|error| error.contains("parts of two kinds")), "{said:?}");
}

/// Many ways to the head of a loop, each of which knows a little less, and a long way around.
fn slow(ways: usize, long: usize) -> Vec<Op> {
    let mut ops = vec![Op::BaseData { dst: Write(0) }, Op::Start { iterator: Write(1) }];
    let head = 2 + 2 * ways;
    let entries = head + long + 2;
    let end = Label((entries + ways) as u32);
    for way in 0..ways {
        ops.push(Op::Truthy { src: Read(0), fail: Label((entries + ways - 1 - way) as u32) });
        ops.push(Op::BaseData { dst: Write(2 + way as u16) });
    }
    ops.push(Op::NextValue { iterator: Update(1), collection: Read(0), value: Write(ways as u16 + 3), done: end });
    ops.extend(vec![Op::Move { dst: Write(0), src: Read(0) }; long]);
    ops.extend(vec![Op::Jump { to: Label(head as u32) }; ways + 1]);
    ops.push(Op::Return {});
    ops
}

#[test]
fn what_takes_long_to_look_at_is_refused() {
    // Of one function, and of many together.
    let error = refused(SMALL, |code| replace(code, "a.p", 3000, slow(2000, 20_000)));
    assert!(error.contains("too complicated"), "{error}");
    let rules: String = (0..6).map(|number| format!("p{number} := 1\n")).collect();
    let error = refused(&format!("package a\n{rules}"), |code| {
        (0..6).for_each(|number| replace(code, &format!("a.p{number}"), 3000, slow(2000, 2000)));
    });
    assert!(error.contains("too complicated"), "{error}");
}

#[test]
fn paths_that_lead_everywhere_are_refused() {
    let rules: String = (0..3000).map(|number| format!("p{number} := 1\n")).collect();
    let error = refused(&format!("package a\np := 1\n{rules}"), |code| {
        for function in &mut code.functions {
            function.followed = vec![vec![None, None]; 10];
        }
    });
    assert!(error.contains("lead to too many documents"), "{error}");
}

#[test]
fn long_texts_are_not_copied_again_and_again() {
    let error = refused(&format!("package a\np := input.x{}", "y".repeat(100_000)), |code| {
        let step = code.unit.paths[0][0].clone();
        code.unit.paths.push(vec![step; 900].into());
    });
    assert!(error.contains("repeats its texts too often"), "{error}");
}

#[test]
fn paths_have_a_greatest_length() {
    let error = refused(SMALL, |code| {
        let step = code.unit.paths[0][0].clone();
        code.unit.paths.push(vec![step; 5000].into());
    });
    assert!(error.contains("path that is too long"), "{error}");
}

/// A number that the environment gives.
fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// `SOLON_FORGED_SECONDS` and `SOLON_FORGED_SEED` make it run longer, and on other code.
#[test]
fn arbitrary_code_does_no_harm() {
    let file = saved(forge::MODULE);
    let seconds = Duration::from_secs(number("SOLON_FORGED_SECONDS", 5));
    let (mut loaded, mut answered, mut stopped) = (0, 0, 0);
    let begin = Instant::now();
    for seed in number("SOLON_FORGED_SEED", 0).. {
        if begin.elapsed() > seconds && loaded > 100 {
            break;
        }
        match ask_file(&file, "data", |code| forge(code, &mut Choices::new(&seed.to_le_bytes().repeat(8)))) {
            Ok(_) => (loaded, answered) = (loaded + 1, answered + 1),
            Err(error) if error.starts_with("invalid_compiled_policy") => {}
            Err(error) => (loaded, stopped) = (loaded + 1, stopped + usize::from(error.contains("limit"))),
        }
    }
    println!("{loaded} loaded, {answered} answered, {stopped} stopped");
    assert!(answered > 10, "{loaded} loaded, {answered} answered, {stopped} stopped");
}
