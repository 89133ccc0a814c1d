//! Which scope a key needs for a route: a function of the route, so that a new route cannot be forgotten.
//!
//! The first part of the path names the area, the method whether it reads or writes. What has no scope is not open to
//! keys at all: signing in, people, sessions, keys, search of the whole record, saved lists, and the second signature of
//! whatever needs two people, which an administrator could otherwise give under another's name.

use axum::http::Method;
use stanch_types::credential::Scope;

/// Questions that come as a `POST` because they hold what does not belong in an address.
const ASKING: &[&str] = &[
    "/v1/entities/timeline",
    "/v1/trace",
    "/v1/policies/check",
    "/v1/policies/format",
];
/// Last parts of paths of what only a person does.
const PERSONS_ONLY: &[&str] = &[
    "approve",
    "decline",
    "confirm",
    "decide",
    "take",
    "ask",
    "ease",
    "reexamine",
    "rollback",
];

/// The scope that a key needs to call a route; none: no key may.
#[must_use]
pub fn scope_of(method: &str, path: &str) -> Option<Scope> {
    let mut parts = path.strip_prefix("/v1/")?.split('/');
    let area = parts.next()?;
    let (read, write) = match area {
        "reports" | "leads" => (Some(Scope::ReportsRead), Some(Scope::ReportsWrite)),
        "cases" | "queue" | "operations" | "notes" | "mentions" | "tasks" | "seizures"
        | "teams" | "shifts" | "evidence" | "trace" | "feed" => {
            (Some(Scope::CasesRead), Some(Scope::CasesWrite))
        }
        "plans" | "orders" => (Some(Scope::OrdersRead), Some(Scope::OrdersWrite)),
        "institutions" | "keys" => (
            Some(Scope::InstitutionsRead),
            Some(Scope::InstitutionsWrite),
        ),
        "payments" => (None, Some(Scope::PaymentsWrite)),
        "events" | "scan" => (None, Some(Scope::EventsWrite)),
        "decisions" | "entities" => (Some(Scope::DecisionsRead), None),
        "policies" | "policy-changes" | "backtests" | "models" => {
            (Some(Scope::PoliciesRead), Some(Scope::PoliciesWrite))
        }
        "measures" | "measure-batches" | "appeals" => {
            (Some(Scope::MeasuresRead), Some(Scope::MeasuresWrite))
        }
        "labels" => (Some(Scope::LabelsRead), Some(Scope::LabelsWrite)),
        "numbers" => (Some(Scope::NumbersRead), None),
        "audit" => (Some(Scope::AuditRead), None),
        _ => return None,
    };
    let reads = method == Method::GET.as_str() || ASKING.contains(&path);
    let persons_only = parts
        .next_back()
        .is_some_and(|last| PERSONS_ONLY.contains(&last));
    if reads {
        read
    } else if persons_only {
        None
    } else {
        write
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Access, TABLE};

    /// What no key may, besides the steps of [`PERSONS_ONLY`].
    const KEYLESS: &[&str] = &[
        "session", "sessions", "users", "api-keys", "passkeys", "search", "views",
    ];

    #[test]
    fn every_route_has_a_scope_or_a_reason_to_have_none() {
        for rule in TABLE {
            let area = rule.path.split('/').nth(2).unwrap_or_default();
            let last = rule.path.rsplit('/').next().unwrap_or_default();
            let keyless =
                KEYLESS.contains(&area) || (rule.method != "GET" && PERSONS_ONLY.contains(&last));
            if matches!(rule.access, Access::Person(_)) {
                let scope = scope_of(rule.method, rule.path);
                assert_eq!(scope.is_none(), keyless, "{rule:?} {scope:?}");
            }
        }
    }

    #[test]
    fn every_scope_opens_something() {
        for scope in Scope::ALL {
            assert!(
                TABLE
                    .iter()
                    .any(|rule| scope_of(rule.method, rule.path) == Some(*scope)),
                "{scope}"
            );
        }
    }
}
