//! Conditions as alternatives: a condition is true when all leaves of one alternative are.
//!
//! Negations are pushed down to the leaves (De Morgan holds in Kleene logic), so that only "is true" and "is false"
//! of leaves are left: `&&` is true when all parts are, `||` when one is, and what is unknown is neither.

use crate::ir::{Expr, ExprKind, Literal};

/// Most alternatives of one condition; one that has more is kept whole as a single leaf.
const ALTERNATIVES_MAX: usize = 32;

/// A part of a condition that is no `&&`, `||`, `!` or constant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leaf<'e> {
    pub(crate) expr: &'e Expr,
    /// Whether it is its being false that counts.
    pub(crate) negated: bool,
}

/// The alternatives of a condition. None: never true. One without leaves: always.
pub(crate) fn alternatives(expr: &Expr) -> Vec<Vec<Leaf<'_>>> {
    expand(expr, false)
}

fn expand(expr: &Expr, negated: bool) -> Vec<Vec<Leaf<'_>>> {
    let leaf = || vec![vec![Leaf { expr, negated }]];
    let expanded = if let ExprKind::Not(x) = &expr.kind {
        expand(x, !negated)
    } else if let ExprKind::And(parts) = &expr.kind {
        combine(parts, negated, negated)
    } else if let ExprKind::Or(parts) = &expr.kind {
        combine(parts, negated, !negated)
    } else if let ExprKind::Literal(Literal::Bool(value)) = &expr.kind {
        if *value == negated {
            Vec::new()
        } else {
            vec![Vec::new()]
        }
    } else {
        return leaf();
    };
    if expanded.len() > ALTERNATIVES_MAX {
        leaf()
    } else {
        expanded
    }
}

/// All alternatives of the parts, or (when not `either`) every way to take one of each.
fn combine(parts: &[Expr], negated: bool, either: bool) -> Vec<Vec<Leaf<'_>>> {
    let mut parts = parts.iter().map(|part| expand(part, negated));
    if either {
        return parts.flatten().collect();
    }
    parts
        .try_fold(vec![Vec::new()], |so_far: Vec<Vec<Leaf<'_>>>, part| {
            let product: Vec<Vec<Leaf<'_>>> = so_far
                .iter()
                .flat_map(|left| {
                    part.iter()
                        .map(move |right| [left.as_slice(), right].concat())
                })
                .collect();
            // Beyond the limit the caller throws it away: no need to go on growing.
            if product.len() > ALTERNATIVES_MAX {
                Err(product)
            } else {
                Ok(product)
            }
        })
        .unwrap_or_else(|too_many| too_many)
}
