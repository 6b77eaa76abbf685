//! `rego.metadata.rule` and `rego.metadata.chain`.
//!
//! In rules the compiler puts constants in their place (`hir::annotations`); elsewhere there is nothing to tell.

use super::{Builtin, Failure, Purity};

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "rego.metadata.chain",
        signature: "() -> chain: array[any]",
        doc: "Returns the annotations of the rule, its document, its package and the packages above, nearest first: \
              objects of `annotations` and `path`. Undefined outside of rules.",
        example: ("", ""),
        purity: Purity::Pure,
        call: |_, _| Err(Failure::Undefined),
    },
    Builtin {
        name: "rego.metadata.rule",
        signature: "() -> output: any",
        doc: "Returns the annotations of the rule, or an empty object. Undefined outside of rules.",
        example: ("", ""),
        purity: Purity::Pure,
        call: |_, _| Err(Failure::Undefined),
    },
];
