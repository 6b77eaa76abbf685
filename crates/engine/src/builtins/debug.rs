//! What policies tell to those who look at them: `print`, `trace`; and what they may learn of where they run.

use super::failure::operand;
use super::json_text::check_written;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::Value;
use crate::value::json;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "print",
        signature: "(any...)",
        doc: "Writes its arguments, with spaces between them, for whoever runs the policy. One that is undefined is \
              written `<undefined>`. Never fails.",
        example: (r#"print("here", 1)"#, "true"),
        purity: Purity::Effect,
        call: print,
    },
    Builtin {
        name: "internal.print",
        signature: "(array[set[any]])",
        doc: "What the compiler makes of `print`: each argument is the set of its values, empty if it is undefined. \
              Where one has several, all combinations are written.",
        example: ("package example\n\np if internal.print([{\"here\"}, {1}])", "true"),
        purity: Purity::Effect,
        call: internal_print,
    },
    Builtin {
        name: "internal.test_case",
        signature: "(array[any])",
        doc: "What the compiler puts into tests with keys in their heads: tells the host which case is being tested.",
        example: ("package example\n\np if internal.test_case([\"a case\"])", "true"),
        purity: Purity::Effect,
        call: test_case,
    },
    Builtin {
        name: "trace",
        signature: "(note: string) -> result: boolean",
        doc: "Adds a note to the trace of the evaluation; always true.",
        example: (r#"trace("here")"#, "true"),
        purity: Purity::Effect,
        call: trace,
    },
    Builtin {
        name: "opa.runtime",
        signature: "() -> output: object[string: any]",
        doc: "What the host tells about itself: under `env` the environment, and under `version` the version of OPA \
              whose answers are given. Empty if the host tells nothing.",
        example: (r#"is_object(opa.runtime())"#, "true"),
        purity: Purity::Nondeterministic,
        call: runtime,
    },
];

/// The version of OPA whose behaviour the engine has.
const OPA_VERSION: &str = "1.22.2";

fn print<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let texts = args.iter().map(|arg| text(ctx, arg)).collect::<Result<Vec<_>, _>>()?;
    ctx.host.print(&(ctx.place)(), &texts.join(" "));
    Ok(Value::Bool(true))
}

/// Strings stand as they are, others as Rego writes them.
fn text(ctx: &Context<'_, '_>, value: &Value<'_>) -> Result<String, Failure> {
    check_written(ctx, *value)?;
    Ok(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn internal_print<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let operands = operand::array(args, 1)?;
    let mut columns = Vec::with_capacity(operands.len());
    for operand in operands {
        columns.push(match operand {
            Value::Set(set) if set.is_empty() => vec!["<undefined>".to_owned()],
            Value::Set(set) => set.items().iter().map(|item| text(ctx, item)).collect::<Result<_, _>>()?,
            Value::Array(_) | Value::Object(_) => {
                return Err(Failure::Halt(format!("illegal argument type: {}", operand.kind().name())));
            }
            scalar => vec![text(ctx, scalar)?],
        });
    }
    let lines = columns.iter().try_fold(1_usize, |lines, column| lines.checked_mul(column.len()));
    let width = columns.iter().flatten().map(String::len).max().unwrap_or_default();
    ctx.check_size(lines.and_then(|lines| lines.checked_mul(width.max(1))).unwrap_or(usize::MAX))?;
    let place = (ctx.place)();
    // Combinations are counted like a number whose last digit changes fastest.
    for line in 0..lines.unwrap_or_default() {
        let mut rest = line;
        let mut words: Vec<&str> = Vec::with_capacity(columns.len());
        for column in columns.iter().rev() {
            words.extend(column.get(rest % column.len()).map(String::as_str));
            rest /= column.len();
        }
        words.reverse();
        ctx.host.print(&place, &words.join(" "));
    }
    Ok(Value::Bool(true))
}

fn test_case<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let names: Vec<String> = operand::array(args, 1)?.iter().map(|key| json::name(&(*key, *key)).0).collect();
    ctx.host.test_case(&names);
    Ok(Value::Bool(true))
}

fn trace<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let note = operand::string(args, 1)?;
    ctx.host.trace(&(ctx.place)(), note);
    Ok(Value::Bool(true))
}

fn runtime<'a>(ctx: &mut Context<'a, '_>, _: &[Value<'a>]) -> Outcome<'a> {
    let Some(environment) = ctx.host.environment() else { return Ok(Value::Object(crate::value::Object::EMPTY)) };
    let text = |text: &str| Value::new_string(ctx.arena, text);
    let variables: Vec<_> = environment.iter().map(|(name, value)| (text(name), text(value))).collect();
    let entries = [
        (Value::string("env"), Value::new_object(ctx.arena, &variables)),
        (Value::string("version"), Value::string(OPA_VERSION)),
        (Value::string("commit"), Value::EMPTY_STRING),
        (Value::string("authorization_enabled"), Value::Bool(false)),
        (Value::string("skip_known_schema_check"), Value::Bool(false)),
    ];
    Ok(Value::new_object(ctx.arena, &entries))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, call_with};
    use crate::builtins::Failure;
    use crate::host::Host;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Paper(Mutex<Vec<String>>);

    impl Host for Paper {
        fn print(&self, place: &str, message: &str) {
            if let Ok(mut lines) = self.0.lock() {
                lines.push(format!("{place}: {message}"));
            }
        }
    }

    #[test]
    fn print_writes_strings_bare() {
        let paper = Paper::default();
        assert!(call_with(&paper, "print", &[r#""a b""#, r#"["c", null]"#]).is_ok());
        assert!(call_with(&paper, "internal.print", &[r#"["x", 1]"#]).is_ok());
        let lines = paper.0.into_inner().unwrap_or_default();
        assert_eq!(lines, [r#"policy.rego:1: a b ["c", null]"#, "policy.rego:1: x 1"]);
        assert!(matches!(call("internal.print", &["[[]]"]), Err(Failure::Halt(_))));
    }
}
