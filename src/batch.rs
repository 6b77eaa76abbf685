//! Many inputs over several threads.

use crate::{Error, Evaluator, Input, OwnedAnswer};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Evaluates a query on each of many JSON texts with up to `threads` threads, each of which gets an evaluator from
/// `evaluator`. The answers are in the order of the inputs.
///
/// ```
/// use solon::{Compiler, batch};
///
/// let policy = Compiler::new().module("a.rego", "package a\nodd if input % 2 == 1").compile()?;
/// let query = policy.prepare("data.a.odd")?;
/// let inputs: Vec<String> = (0..100).map(|n| n.to_string()).collect();
/// let answers = batch::eval(&inputs, 2, || query.evaluator());
/// let odd = answers.iter().flatten().filter(|answer| answer.value().is_some()).count();
/// assert_eq!(odd, 50);
/// # Ok::<(), solon::Error>(())
/// ```
pub fn eval<T: AsRef<[u8]> + Sync>(
    inputs: &[T],
    threads: usize,
    evaluator: impl Fn() -> Evaluator + Sync,
) -> Vec<Result<OwnedAnswer, Error>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut evaluator = evaluator();
        let mut answers = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(input) = inputs.get(at) else { return answers };
            let answer = evaluator.eval(Input::json(input)).map(|answer| answer.to_owned());
            answers.push((at, answer));
        }
    };
    let threads = threads.clamp(1, inputs.len().max(1));
    let mut answers: Vec<(usize, Result<OwnedAnswer, Error>)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut answers = work();
        // A thread that could not finish leaves holes, which are filled with errors below.
        answers.extend(others.into_iter().filter_map(|other| other.join().ok()).flatten());
        answers
    });
    answers.sort_by_key(|(at, _)| *at);
    let mut found = answers.into_iter().peekable();
    (0..inputs.len())
        .map(|at| match found.next_if(|(other, _)| *other == at) {
            Some((_, answer)) => answer,
            None => Err(Error::new("eval_internal_error", "a thread ended early")),
        })
        .collect()
}
