//! Which rows a user may see: `cargo run --example row_filter`.
//!
//! One evaluator is asked about row after row. Rows are types of serde and do not go through text.

use serde::Serialize;
use solon::{Compiler, Error, Evaluator, Input};

#[derive(Debug, Serialize)]
struct Invoice {
    number: u32,
    department: &'static str,
    amount: i64,
}

#[derive(Serialize)]
struct Question<'q> {
    user: &'q str,
    row: &'q Invoice,
}

const POLICY: &str = r#"package invoices

default visible := false
visible if data.departments[input.user][_] == input.row.department
visible if {
    data.auditors[_] == input.user
    input.row.amount >= 10000
}"#;

const DATA: &str = r#"{"departments": {"ann": ["sales", "support"], "bob": ["research"]}, "auditors": ["eve"]}"#;

/// The rows that a user may see. An error is none of them.
fn visible<'r>(evaluator: &mut Evaluator, user: &str, rows: &'r [Invoice]) -> Result<Vec<&'r Invoice>, Error> {
    let mut seen = Vec::new();
    for row in rows {
        if evaluator.eval(Input::serialize(&Question { user, row }))?.is_true() {
            seen.push(row);
        }
    }
    Ok(seen)
}

fn main() -> Result<(), Error> {
    let rows: Vec<Invoice> = (1..=9)
        .zip(["sales", "support", "research"].into_iter().cycle())
        .map(|(number, department)| Invoice { number, department, amount: i64::from(number) * 2500 })
        .collect();
    let policy = Compiler::new().module("invoices.rego", POLICY).data(DATA).compile()?;
    let mut evaluator = policy.prepare("data.invoices.visible")?.evaluator();
    for (user, expected) in
        [("ann", vec![1, 2, 4, 5, 7, 8]), ("bob", vec![3, 6, 9]), ("eve", vec![4, 5, 6, 7, 8, 9]), ("zoe", vec![])]
    {
        let numbers: Vec<u32> = visible(&mut evaluator, user, &rows)?.iter().map(|row| row.number).collect();
        println!("{user} sees {numbers:?}");
        assert_eq!(numbers, expected);
    }
    Ok(())
}

#[test]
fn runs() -> Result<(), Error> {
    main()
}
