//! What is declared and read by nothing.
//!
//! Where something is wrong, what it would have read is not known: then a name that stands anywhere else in the text
//! counts as read.

use super::Checker;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::ir::Span;
use crate::syntax::ast::Item;

impl Checker<'_, '_> {
    pub(super) fn unused(&mut self) {
        let is_error = |found: &Diagnostic| found.severity == Severity::Error;
        let is_whole = !self.input.has_syntax_errors && !self.found.iter().any(is_error);
        let is_read = |name: &str| !is_whole && (self.input.mentions)(name) > 1;
        let mut found = Vec::new();
        let mut warn = |code: Code, span: Span, message: String, hint: String| {
            found.push(Diagnostic::warning(code, span, message).hint(hint));
        };
        for (name, declared) in &self.features {
            let is_used = declared
                .index
                .is_none_or(|ix| self.used_features.contains(&ix));
            if !is_used && !is_read(name) {
                let message = format!("the feature `{name}` is read by nothing");
                let hint = "remove it: keeping a window costs memory".to_owned();
                warn(Code::UnusedFeature, declared.span, message, hint);
            }
        }
        for (name, declared) in &self.lists {
            let is_used = declared
                .index
                .is_none_or(|ix| self.used_lists.contains(&ix));
            if !is_used && !is_read(name) {
                let message = format!("the list `{name}` is read by nothing");
                let hint = format!("remove it, or ask `event.x in {name}`");
                warn(Code::UnusedList, declared.span, message, hint);
            }
        }
        for (name, declared) in &self.scripts {
            let is_used = declared
                .index
                .is_none_or(|ix| self.used_scripts.contains(&ix));
            if !is_used && !is_read(name) {
                let message = format!("the script `{name}` is read by nothing");
                let hint = format!("remove it, or ask `script.{name}.stage >= 2` in a rule");
                warn(Code::UnusedScript, declared.span, message, hint);
            }
        }
        let stars_are_known = is_whole || self.stars_are_known();
        for (name, declared) in &self.rules {
            let is_used = declared
                .index
                .is_none_or(|ix| self.used_rules.contains(&ix));
            if !is_used && stars_are_known && !is_read(name) {
                let message = format!("the rule `{name}` is in no rule set, so it never acts");
                let hint = format!("name it in a rule set: `use {name}`");
                warn(Code::UnusedRule, declared.span, message, hint);
            }
        }
        self.found.extend(found);
    }

    /// Whether every rule set with `use *` says on which event kinds, so that the rules it takes are known.
    fn stars_are_known(&self) -> bool {
        let declarations = self.input.files.iter().flat_map(|file| &file.declarations);
        declarations
            .into_iter()
            .all(|declaration| match &declaration.item {
                Item::Ruleset(set) => {
                    let has_star = set.uses.iter().any(|uses| uses.rules.is_none());
                    !has_star
                        || set
                            .on
                            .iter()
                            .all(|name| self.events.contains_key(&name.text))
                }
                Item::Event(_)
                | Item::Feature(_)
                | Item::List(_)
                | Item::Script(_)
                | Item::Rule(_)
                | Item::Test(_) => true,
            })
    }
}
