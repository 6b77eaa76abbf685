//! `walk`: every value inside a value, with its path.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::{Bump, Value};

pub(super) static TABLE: &[Builtin] = &[Builtin {
    name: "walk",
    signature: "(x: any) -> output: array<array[any], any>",
    doc: "Enumerates a value and everything inside of it, as pairs of path and value: the value itself first (its \
          path is empty), then each part followed by its own parts. A set's member is its own step of the path.",
    example: (r#"[x | walk({"a": [1]}, x)]"#, r#"[[[], {"a": [1]}], [["a"], [1]], [["a", 0], 1]]"#),
    purity: Purity::Relation,
    call: walk,
}];

fn walk<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let root = operand::any(args, 1)?;
    let (mut bytes, mut count) = (0, 0);
    measure(ctx, root, 0, &mut bytes, &mut count)?;
    let found = bumpalo::collections::Vec::with_capacity_in(count, ctx.arena);
    let mut walker = Walker { arena: ctx.arena, path: bumpalo::collections::Vec::new_in(ctx.arena), found };
    walker.visit(root);
    Ok(Value::Array(walker.found.into_bump_slice()))
}

/// Counts the pairs and the bytes they take, which must be within the limit: values share their parts, so one that
/// takes little memory may have pairs without number. Recurses as deep as the value nests, which its maker has bounded.
fn measure(
    ctx: &Context<'_, '_>,
    value: Value<'_>,
    depth: usize,
    bytes: &mut usize,
    count: &mut usize,
) -> Result<(), Failure> {
    // The pair itself, its place in the result and the path.
    *bytes += (depth + 3) * size_of::<Value<'_>>();
    *count += 1;
    ctx.check_size(*bytes)?;
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| measure(ctx, *item, depth + 1, bytes, count)),
        Value::Set(set) => set.items().iter().try_for_each(|item| measure(ctx, *item, depth + 1, bytes, count)),
        Value::Object(object) => {
            object.entries().iter().try_for_each(|(_, item)| measure(ctx, *item, depth + 1, bytes, count))
        }
        _ => Ok(()),
    }
}

struct Walker<'a> {
    arena: &'a Bump,
    path: bumpalo::collections::Vec<'a, Value<'a>>,
    found: bumpalo::collections::Vec<'a, Value<'a>>,
}

impl<'a> Walker<'a> {
    /// Adds `value` and what is inside it.
    fn visit(&mut self, value: Value<'a>) {
        let path = Value::new_array(self.arena, &self.path);
        self.found.push(Value::new_array(self.arena, &[path, value]));
        for at in 0..value.len().unwrap_or_default() {
            let Some((key, part)) = value.nth(at) else { break };
            self.path.push(key);
            self.visit(part);
            self.path.pop();
        }
    }
}
