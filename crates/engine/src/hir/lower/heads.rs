//! What capabilities allow in the heads of rules.

use super::Lowerer;
use crate::hir::Check;
use solon_syntax::ast;
use solon_syntax::print::term_text;

/// Features with which heads may be any refs.
const ANY: [&str; 3] = ["rego_v1", "rego_v2", "rule_head_refs"];

/// The feature with which heads may be refs whose keys are strings, except for the last one.
const STRINGS: &str = "rule_head_ref_string_prefixes";

impl Lowerer<'_, '_> {
    /// Reports a head that is a ref, if the capabilities do not know such heads.
    pub(super) fn check_head(&mut self, rule: &ast::Rule) {
        let (head, capabilities) = (&rule.head, &self.environment.names.capabilities);
        if head.path.is_empty() || ANY.iter().any(|feature| capabilities.has_feature(feature)) {
            return;
        }
        let is_one_key = head.path.len() == 1 && head.parameters.is_none() && !rule.is_default;
        if !capabilities.has_feature(STRINGS) {
            if !is_one_key {
                let message = format!("rule heads with refs are not supported: {}", ref_text(head));
                self.error(Check::HeadRefs, "rego_compile_error", rule.span, message);
            }
            return;
        }
        let is_set = matches!(head.kind, ast::HeadKind::Contains { .. });
        let before_last = if is_set { head.path.len() } else { head.path.len() - 1 };
        for key in head.path.iter().take(before_last) {
            if !matches!(key.kind, ast::TermKind::String(_)) {
                let general = "rule heads with general refs (containing variables) are not supported";
                self.error(Check::HeadRefs, "rego_type_error", rule.span, format!("{general}: {}", ref_text(head)));
            }
        }
    }
}

/// The ref of a head, as OPA writes it.
fn ref_text(head: &ast::Head) -> String {
    let span = head.span;
    let name = ast::Term { span, kind: ast::TermKind::Var(head.name.text.clone()) };
    let kind = ast::TermKind::Ref { head: Box::new(name), operands: head.path.clone() };
    term_text(&ast::Term { span, kind })
}
