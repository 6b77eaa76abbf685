//! `walk`: every value inside a value, with its path.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::Value;

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
    let mut walker = Walker { ctx, path: Vec::new(), found: Vec::new(), bytes: 0 };
    walker.visit(root)?;
    Ok(Value::new_array(walker.ctx.arena, &walker.found))
}

struct Walker<'w, 'a, 'c> {
    ctx: &'w Context<'a, 'c>,
    path: Vec<Value<'a>>,
    found: Vec<Value<'a>>,
    bytes: usize,
}

impl<'a> Walker<'_, 'a, '_> {
    /// Adds `value` and what is inside it. Recurses as deep as the value nests, which its maker has bounded.
    fn visit(&mut self, value: Value<'a>) -> Result<(), Failure> {
        // The pair itself, its place in the result and the path.
        self.bytes += (self.path.len() + 3) * size_of::<Value<'_>>();
        self.ctx.check_size(self.bytes)?;
        let path = Value::new_array(self.ctx.arena, &self.path);
        self.found.push(Value::new_array(self.ctx.arena, &[path, value]));
        for at in 0..value.len().unwrap_or_default() {
            let Some((key, part)) = value.nth(at) else { break };
            self.path.push(key);
            self.visit(part)?;
            self.path.pop();
        }
        Ok(())
    }
}
