//! Reachability in graphs given as objects from node to neighbours.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::{Object, Value};
use hashbrown::HashSet;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "graph.reachable",
        signature: "(graph: object[any: array[any] | set[any]], initial: array[any] | set[any]) -> output: set[any]",
        doc: "The nodes that can be reached from the initial ones, those included. Nodes that are no key of the \
              graph do not count.",
        example: (r#"graph.reachable({"a": ["b"], "b": ["a", "x"], "c": []}, ["a"])"#, r#"["a", "b"]"#),
        purity: Purity::Pure,
        call: reachable,
    },
    Builtin {
        name: "graph.reachable_paths",
        signature: "(graph: object[any: array[any] | set[any]], initial: array[any] | set[any]) \
                    -> output: set[array[any]]",
        doc: "The paths from the initial nodes to nodes without neighbours in the graph, or to where a cycle closes.",
        example: (
            r#"graph.reachable_paths({"a": ["b", "c"], "b": [], "c": ["a"]}, ["a"])"#,
            r#"[["a", "b"], ["a", "c"]]"#,
        ),
        purity: Purity::Pure,
        call: reachable_paths,
    },
];

/// After how many steps the host is asked whether to stop.
const STEPS: usize = 4096;

/// The members of an array or a set; none for others.
fn vertices<'a>(value: Value<'a>) -> &'a [Value<'a>] {
    match value {
        Value::Array(items) => items,
        Value::Set(set) => set.items(),
        _ => &[],
    }
}

fn operands<'a>(args: &[Value<'a>]) -> Result<(Object<'a>, &'a [Value<'a>]), Failure> {
    let graph = operand::object(args, 1)?;
    match operand::any(args, 2)? {
        initial @ (Value::Array(_) | Value::Set(_)) => Ok((graph, vertices(initial))),
        other => Err(Failure::operand(2, &other, &["{array, set}"])),
    }
}

fn reachable<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (graph, initial) = operands(args)?;
    let mut reached = HashSet::new();
    let mut waiting = initial.to_vec();
    while let Some(node) = waiting.pop() {
        let Some(edges) = graph.get(&node) else { continue };
        if reached.insert(node) {
            waiting.extend(vertices(edges).iter().filter(|neighbor| !reached.contains(*neighbor)));
        }
    }
    let nodes: Vec<_> = reached.into_iter().collect();
    Ok(Value::new_set(ctx.arena, &nodes))
}

fn reachable_paths<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (graph, initial) = operands(args)?;
    let mut search = Search { ctx, graph, path: Vec::new(), on_path: HashSet::new(), found: Vec::new(), bytes: 0 };
    for node in initial {
        let Some(edges) = graph.get(node) else { continue };
        search.path = vec![*node];
        search.on_path = HashSet::from([*node]);
        match vertices(edges) {
            [] => search.commit()?,
            neighbors => search.follow(neighbors)?,
        }
    }
    Ok(Value::new_set(search.ctx.arena, &search.found))
}

/// A search in depth; its stack is on the heap, since a path is as long as the graph is large.
struct Search<'s, 'a, 'c> {
    ctx: &'s Context<'a, 'c>,
    graph: Object<'a>,
    path: Vec<Value<'a>>,
    on_path: HashSet<Value<'a>>,
    /// Paths found, some of them maybe twice.
    found: Vec<Value<'a>>,
    bytes: usize,
}

/// A node on the path whose neighbours are being followed.
struct Frame<'a> {
    neighbors: &'a [Value<'a>],
    next: usize,
    /// Whether the node was put into `on_path` when it was entered.
    marked: bool,
}

impl<'a> Search<'_, 'a, '_> {
    /// Adds the current path to the result. There may be exponentially many, so all count for the limit.
    fn commit(&mut self) -> Result<(), Failure> {
        self.bytes += (self.path.len() + 1) * size_of::<Value<'_>>();
        self.ctx.check_size(self.bytes)?;
        if self.found.len() % STEPS == STEPS - 1 && self.ctx.host.is_cancelled() {
            return Err(Failure::Halt("cancelled".into()));
        }
        self.found.push(Value::new_array(self.ctx.arena, &self.path));
        Ok(())
    }

    /// Follows all paths from the first node of the path, whose neighbours are given.
    fn follow(&mut self, neighbors: &'a [Value<'a>]) -> Result<(), Failure> {
        let mut frames = vec![Frame { neighbors, next: 0, marked: false }];
        while let Some(frame) = frames.last_mut() {
            let Some(neighbor) = frame.neighbors.get(frame.next) else {
                // The first frame's node stays, it is not ours.
                if let Some(done) = frames.pop()
                    && !frames.is_empty()
                {
                    let node = self.path.pop();
                    if let (true, Some(node)) = (done.marked, node) {
                        self.on_path.remove(&node);
                    }
                }
                continue;
            };
            frame.next += 1;
            // As in OPA, the initial node may follow itself once.
            if frames.len() > 1 && self.on_path.contains(neighbor) {
                self.commit()?;
            } else if let Some(edges) = self.graph.get(neighbor) {
                self.path.push(*neighbor);
                match vertices(edges) {
                    [] => {
                        self.commit()?;
                        self.path.pop();
                    }
                    neighbors => {
                        let marked = self.on_path.insert(*neighbor);
                        frames.push(Frame { neighbors, next: 0, marked });
                    }
                }
            } else {
                self.commit()?;
            }
        }
        Ok(())
    }
}
