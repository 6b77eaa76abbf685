//! What steps and expressions are made of: one walk for those that read plans and one for those that rewrite them.

use super::{Block, Branch, Expr, Modifier, Slot, Step, Test};

macro_rules! pieces {
    ($piece:ident, $of_step:ident, $of_expr:ident, $($mutable:tt)*) => {
        /// A part of a step or an expression.
        pub enum $piece<'p> {
            /// An expression.
            Expr(&'p $($mutable)* Expr),
            /// A block.
            Block(&'p $($mutable)* Block),
        }

        /// Shows the expressions and blocks that a step directly has, in the order in which they run.
        pub fn $of_step<'p>(step: &'p $($mutable)* Step, visit: &mut dyn FnMut($piece<'p>)) {
            match step {
                Step::Bind(_, value) => visit($piece::Expr(value)),
                Step::Test(test) => match test {
                    Test::Defined(value) | Test::Truthy(value) | Test::Kind(value, ..) => visit($piece::Expr(value)),
                    Test::Compare(_, left, right) | Test::Member(left, right) => {
                        visit($piece::Expr(left));
                        visit($piece::Expr(right));
                    }
                    Test::Array(..) | Test::Object(..) => {}
                },
                Step::Loop { collection, filter, body, .. } => {
                    visit($piece::Expr(collection));
                    if let Some(filter) = filter {
                        visit($piece::Expr(&$($mutable)* filter.equal));
                    }
                    visit($piece::Block(body));
                }
                Step::DataLoop { path, body, .. } => {
                    for key in path {
                        visit($piece::Expr(key));
                    }
                    visit($piece::Block(body));
                }
                Step::Not(block) | Step::Exists(block) | Step::Outside(block) => visit($piece::Block(block)),
                Step::Either(left, right) => {
                    visit($piece::Block(left));
                    visit($piece::Block(right));
                }
                Step::Every { collection, body, .. } => {
                    visit($piece::Expr(collection));
                    visit($piece::Block(body));
                }
                Step::With { modifiers, body } => {
                    for modifier in modifiers {
                        match modifier {
                            Modifier::Input(_, value) | Modifier::Data(_, value) | Modifier::Function(_, value) => {
                                visit($piece::Expr(value));
                            }
                            Modifier::Redirect(..) => {}
                        }
                    }
                    visit($piece::Block(body));
                }
                Step::Plain { quick, slow } => {
                    visit($piece::Block(quick));
                    visit($piece::Block(slow));
                }
                Step::Fail | Step::Fired(_) => {}
                Step::Alternatives(rests) => {
                    for (_, rest) in rests {
                        visit($piece::Block(rest));
                    }
                }
            }
        }

        /// Shows the expressions and blocks that an expression directly has.
        pub fn $of_expr<'p>(expr: &'p $($mutable)* Expr, visit: &mut dyn FnMut($piece<'p>)) {
            match expr {
                Expr::Const(_) | Expr::Slot(_) | Expr::Input | Expr::BaseData | Expr::Undefined => {}
                Expr::Document(..) | Expr::Named(..) | Expr::Fixed(..) => {}
                Expr::Path(base, _) | Expr::Stored(base) | Expr::Walk { root: base, .. } => visit($piece::Expr(base)),
                Expr::Index(base, key) | Expr::WalkPath(base, key) => {
                    visit($piece::Expr(key));
                    visit($piece::Expr(base));
                }
                Expr::Data(items, _) | Expr::Call { args: items, .. } | Expr::Array(items) | Expr::Set(items) => {
                    for item in items {
                        visit($piece::Expr(item));
                    }
                }
                Expr::Object(entries) => {
                    for (key, value) in entries {
                        visit($piece::Expr(key));
                        visit($piece::Expr(value));
                    }
                }
                Expr::Comprehension(comprehension) => {
                    let comprehension = &$($mutable)* **comprehension;
                    visit($piece::Block(&$($mutable)* comprehension.block));
                    if let Some(key) = &$($mutable)* comprehension.key {
                        visit($piece::Expr(key));
                    }
                    visit($piece::Expr(&$($mutable)* comprehension.value));
                }
            }
        }
    };
}

pieces!(Piece, pieces_of_step, pieces_of_expr,);
pieces!(PieceMut, pieces_of_step_mut, pieces_of_expr_mut, mut);

/// Shows what a branch of a definition is made of.
pub fn pieces_of_branch_mut<'p>(branch: &'p mut Branch, visit: &mut dyn FnMut(PieceMut<'p>)) {
    visit(PieceMut::Block(&mut branch.block));
    branch.keys.iter_mut().for_each(|key| visit(PieceMut::Expr(key)));
    visit(PieceMut::Expr(&mut branch.value));
}

/// Shows the slots that an expression reads, and those that blocks in it fill.
pub fn slots_of_expr(expr: &Expr, visit: &mut dyn FnMut(Slot)) {
    if let Expr::Slot(slot) = expr {
        visit(*slot);
    }
    pieces_of_expr(expr, &mut |piece| slots_of_piece(piece, visit));
}

/// Shows the slots that a step reads or fills.
pub fn slots_of_step(step: &Step, visit: &mut dyn FnMut(Slot)) {
    match step {
        Step::Bind(slot, _) | Step::Test(Test::Array(slot, _) | Test::Object(slot, _)) => visit(*slot),
        Step::Loop { key, value, .. } => key.iter().chain(value).for_each(|slot| visit(*slot)),
        Step::DataLoop { key, .. } => visit(*key),
        Step::Every { key, value, .. } => key.iter().chain([value]).for_each(|slot| visit(*slot)),
        _ => {}
    }
    pieces_of_step(step, &mut |piece| slots_of_piece(piece, visit));
}

/// Changes the slots of an expression.
pub fn map_slots_of_expr(expr: &mut Expr, map: &mut dyn FnMut(&mut Slot)) {
    if let Expr::Slot(slot) = expr {
        map(slot);
    }
    pieces_of_expr_mut(expr, &mut |piece| map_slots_of_piece(piece, map));
}

fn map_slots_of_piece(piece: PieceMut<'_>, map: &mut dyn FnMut(&mut Slot)) {
    match piece {
        PieceMut::Expr(expr) => map_slots_of_expr(expr, map),
        PieceMut::Block(block) => block.iter_mut().for_each(|step| map_slots_of_step(step, map)),
    }
}

/// Changes the slots of a step.
pub fn map_slots_of_step(step: &mut Step, map: &mut dyn FnMut(&mut Slot)) {
    match step {
        Step::Bind(slot, _) | Step::Test(Test::Array(slot, _) | Test::Object(slot, _)) => map(slot),
        Step::Loop { key, value, .. } => key.iter_mut().chain(value).for_each(&mut *map),
        Step::DataLoop { key, .. } => map(key),
        Step::Every { key, value, .. } => key.iter_mut().chain([value]).for_each(&mut *map),
        _ => {}
    }
    pieces_of_step_mut(step, &mut |piece| map_slots_of_piece(piece, map));
}

fn slots_of_piece(piece: Piece<'_>, visit: &mut dyn FnMut(Slot)) {
    match piece {
        Piece::Expr(expr) => slots_of_expr(expr, visit),
        Piece::Block(block) => block.iter().for_each(|step| slots_of_step(step, visit)),
    }
}
