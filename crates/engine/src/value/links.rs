//! The edges of graphs that are kept, by the positions of nodes: searches then need not look for these.

use super::{Entry, Value};

/// So many neighbours are looked for among the keys to find out whether an object is a graph.
const TRIED: usize = 16;

/// Of a graph in which a node reaches more than so many others it is not noted what nodes reach.
const FEW: usize = 512;

/// What nodes reach is noted if that is at most so many times what the graph has in nodes and edges, and takes at most
/// twice as many steps to find.
const MOST: usize = 4;

/// The edges of a graph: an object whose values are arrays or sets of its keys.
#[derive(Clone, Copy)]
pub(crate) struct Links<'a> {
    /// Where the edges of each entry begin; one more at the end.
    starts: &'a [u32],
    /// The positions of the entries that edges lead to.
    targets: &'a [u32],
    /// The same for what can be reached from each entry, itself included, in order; empty where that is too much.
    reach_starts: &'a [u32],
    reached: &'a [u32],
}

impl<'a> Links<'a> {
    /// The links of a graph of so many nodes, as [`of`] gives them.
    #[inline]
    pub(super) fn new(nodes: usize, numbers: &'a [u32]) -> Option<Self> {
        let (starts, rest) = numbers.split_at_checked(nodes + 1)?;
        let (targets, rest) = rest.split_at_checked(*starts.last()? as usize)?;
        let (reach_starts, reached) = rest.split_at_checked(nodes + 1).unwrap_or_default();
        Some(Links { starts, targets, reach_starts, reached })
    }

    /// The positions that the edges of an entry lead to.
    #[inline]
    pub(crate) fn of(&self, at: usize) -> &'a [u32] {
        part(self.starts, self.targets, at).unwrap_or_default()
    }

    /// The positions of what can be reached from an entry, itself included, in order; `None` if that is not noted.
    #[inline]
    pub(crate) fn reached(&self, at: usize) -> Option<&'a [u32]> {
        part(self.reach_starts, self.reached, at)
    }
}

#[inline]
fn part<'a>(starts: &[u32], numbers: &'a [u32], at: usize) -> Option<&'a [u32]> {
    let (from, to) = starts.get(at).zip(starts.get(at + 1))?;
    numbers.get(*from as usize..*to as usize)
}

/// Whether an object is a graph: all keys are strings, and all values arrays or sets of strings, some of which are keys.
pub(super) fn is_graph(entries: &[Entry<'_>]) -> bool {
    let neighbours = entries.iter().map(|(_, value)| strings(value));
    let mut tried = neighbours.take_while(Option::is_some).flatten().flatten().take(TRIED);
    tried.any(|node| entries.binary_search_by(|(key, _)| key.cmp(node)).is_ok())
        && entries.iter().all(|(key, value)| key.as_str().is_some() && strings(value).is_some())
}

/// The numbers of which [`Links`] are made: the edges of a graph, of which those that lead to no key do not count, and if
/// that is not too much what can be reached from each node. `find` gives the position of a key.
pub(super) fn of<'a>(entries: &[Entry<'a>], find: impl Fn(&Value<'a>) -> Option<usize>) -> Option<Vec<u32>> {
    let (mut starts, mut targets) = (vec![0u32], Vec::new());
    for (_, value) in entries {
        let nodes = strings(value).unwrap_or_default();
        targets.extend(nodes.iter().filter_map(&find).map(|at| at as u32));
        starts.push(u32::try_from(targets.len()).ok()?);
    }
    let reach = reach(&Links { starts: &starts, targets: &targets, reach_starts: &[], reached: &[] }, entries.len());
    starts.extend(targets);
    starts.extend(reach.into_iter().flatten().flatten());
    Some(starts)
}

/// Where what is reached from each node begins, one more at the end, and the nodes that are reached.
fn reach(links: &Links<'_>, nodes: usize) -> Option<[Vec<u32>; 2]> {
    let most = MOST.checked_mul(nodes + links.targets.len())?;
    let (mut starts, mut reached) = (vec![0u32], Vec::<u32>::new());
    // The last node from which each was reached, plus 1.
    let mut seen = vec![0u32; nodes];
    let mut steps = 0;
    for node in 0..u32::try_from(nodes).ok()? {
        let start = reached.len();
        *seen.get_mut(node as usize)? = node + 1;
        reached.push(node);
        let mut next = start;
        while let Some(at) = reached.get(next) {
            let targets = links.of(*at as usize);
            for target in targets {
                if std::mem::replace(seen.get_mut(*target as usize)?, node + 1) != node + 1 {
                    reached.push(*target);
                }
            }
            next += 1;
            steps += 1 + targets.len();
            if steps > 2 * most || reached.len() > most || next - start > FEW {
                return None;
            }
        }
        reached.get_mut(start..)?.sort_unstable();
        starts.push(u32::try_from(reached.len()).ok()?);
    }
    Some([starts, reached])
}

/// The items of an array or a set all of which are strings.
fn strings<'a, 'v>(value: &'v Value<'a>) -> Option<&'v [Value<'a>]> {
    let items = match value {
        Value::Array(items) => items,
        Value::Set(set) => set.items(),
        _ => return None,
    };
    items.iter().all(|item| item.as_str().is_some()).then_some(items)
}
