//! What is declared and read by nothing.

use super::Checker;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{FeatureIx, ListIx, RuleIx};

impl Checker<'_, '_> {
    pub(super) fn unused(&mut self) {
        let mut found = Vec::new();
        for (name, declared) in &self.features {
            let Some(FeatureIx(_)) = declared.index.filter(|ix| !self.used_features.contains(ix))
            else {
                continue;
            };
            let message = format!("the feature `{name}` is read by nothing");
            found.push(
                Diagnostic::warning(Code::UnusedFeature, declared.span, message)
                    .hint("remove it: keeping a window costs memory"),
            );
        }
        for (name, declared) in &self.lists {
            let Some(ListIx(_)) = declared.index.filter(|ix| !self.used_lists.contains(ix)) else {
                continue;
            };
            let message = format!("the list `{name}` is read by nothing");
            found.push(
                Diagnostic::warning(Code::UnusedList, declared.span, message)
                    .hint(format!("remove it, or ask `event.x in {name}`")),
            );
        }
        for (name, declared) in &self.rules {
            let Some(RuleIx(_)) = declared.index.filter(|ix| !self.used_rules.contains(ix)) else {
                continue;
            };
            let message = format!("the rule `{name}` is in no rule set, so it never acts");
            found.push(
                Diagnostic::warning(Code::UnusedRule, declared.span, message)
                    .hint(format!("name it in a rule set: `use {name}`")),
            );
        }
        // A declaration that something wrong would have read is not unused.
        let is_whole = self
            .found
            .iter()
            .all(|d| d.severity != crate::diagnostic::Severity::Error);
        if is_whole {
            self.found.extend(found);
        }
    }
}
