//! Who may call what: one table. A route that is not in it does not start, and the other way round.

use crate::authz::{self, Action};
use crate::error::ServeError;
use axum::http::Method;

/// What a caller must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Public,
    /// To be signed in as somebody whom the policies permit this ([`crate::authz`]).
    Person(Action),
    /// The signature of the institution named in the path (Standard Webhooks); checked by the handler over the body.
    InstitutionSignature,
}

/// How a request of a route is bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// JSON in, JSON out.
    Normal,
    /// A large body, read line by line, with ten times the time.
    Bulk,
    /// Stays open.
    Stream,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The HTTP method.
    pub method: &'static str,
    /// The path with its parameters in braces.
    pub path: &'static str,
    /// Who.
    pub access: Access,
    /// How it is bounded.
    pub weight: Weight,
}

impl Rule {
    const fn bulk(mut self) -> Self {
        self.weight = Weight::Bulk;
        self
    }

    const fn stream(mut self) -> Self {
        self.weight = Weight::Stream;
        self
    }
}

const fn open(method: &'static str, path: &'static str) -> Rule {
    Rule {
        method,
        path,
        access: Access::Public,
        weight: Weight::Normal,
    }
}

const fn rule(method: &'static str, path: &'static str, action: Action) -> Rule {
    Rule {
        method,
        path,
        access: Access::Person(action),
        weight: Weight::Normal,
    }
}

const fn signed(path: &'static str) -> Rule {
    Rule {
        method: "POST",
        path,
        access: Access::InstitutionSignature,
        weight: Weight::Normal,
    }
}

/// Every route and who may call it.
pub const TABLE: &[Rule] = &[
    open("GET", "/healthz"),
    open("GET", "/readyz"),
    open("GET", "/metrics"),
    open("GET", "/openapi.json"),
    open("POST", "/v1/session"),
    open("POST", "/v1/tokens"),
    open("GET", "/v1/sign-in-methods"),
    open("POST", "/v1/session/passkey-challenge"),
    open("POST", "/v1/session/passkey"),
    rule("GET", "/v1/passkeys", Action::KeepPasskeys),
    rule("POST", "/v1/passkeys", Action::KeepPasskeys),
    rule("POST", "/v1/passkeys/challenge", Action::KeepPasskeys),
    rule("DELETE", "/v1/passkeys/{id}", Action::KeepPasskeys),
    open("GET", "/auth/oidc/start"),
    open("GET", "/auth/oidc/callback"),
    rule("GET", "/v1/session", Action::KeepSession),
    rule("DELETE", "/v1/session", Action::KeepSession),
    rule("GET", "/v1/sessions", Action::KeepSession),
    rule("DELETE", "/v1/sessions", Action::KeepSession),
    rule("DELETE", "/v1/sessions/{id}", Action::KeepSession),
    rule("GET", "/v1/api-keys", Action::ReadPeople),
    rule("POST", "/v1/api-keys", Action::KeepApiKeys),
    rule("DELETE", "/v1/api-keys/{id}", Action::KeepApiKeys),
    rule("GET", "/v1/users", Action::ReadPeople),
    rule("GET", "/v1/keys", Action::ReadOrders),
    rule("POST", "/v1/reports", Action::TakeReports),
    rule("GET", "/v1/reports", Action::ReadCases),
    rule("GET", "/v1/reports/{id}", Action::ReadCases),
    rule("POST", "/v1/reports/{id}/steps", Action::TakeReports),
    rule("POST", "/v1/reports/{id}/claim", Action::TakeReports),
    rule("POST", "/v1/reports/{id}/attachments", Action::TakeReports).bulk(),
    rule("GET", "/v1/reports/{id}/attachment", Action::ReadFiles),
    rule("POST", "/v1/reports/bulk", Action::TakeReports).bulk(),
    open("GET", "/report"),
    open("GET", "/report/done"),
    open("GET", "/status"),
    open("GET", "/appeal"),
    open("GET", "/statistics"),
    open("POST", "/appeal").bulk(),
    open("POST", "/report").bulk(),
    open("POST", "/status").bulk(),
    open("POST", "/v1/public/reports"),
    open("POST", "/v1/public/reports/status"),
    open("POST", "/v1/public/reports/additions"),
    open("POST", "/v1/public/reports/attachments").bulk(),
    rule("GET", "/v1/cases/{id}/related", Action::ReadCases),
    rule("GET", "/v1/numbers", Action::ReadCases),
    rule("GET", "/v1/numbers/table", Action::ReadCases),
    rule("GET", "/v1/leads", Action::ReadCases),
    rule("GET", "/v1/leads/funnel", Action::ReadCases),
    rule("GET", "/v1/leads/{id}", Action::ReadCases),
    rule("POST", "/v1/leads/{id}/steps", Action::HandleCases),
    rule("GET", "/v1/teams", Action::ReadCases),
    rule("POST", "/v1/teams", Action::SetTeams),
    rule("PUT", "/v1/teams/{id}", Action::SetTeams),
    rule("GET", "/v1/teams/{id}/shifts", Action::ReadCases),
    rule("POST", "/v1/teams/{id}/shifts", Action::WorkOnCases),
    rule("POST", "/v1/shifts/{id}/hand-over", Action::WorkOnCases),
    rule("GET", "/v1/queue", Action::ReadCases),
    rule("POST", "/v1/queue/claim", Action::HandleCases),
    rule("POST", "/v1/cases/bulk", Action::HandleCases),
    rule("POST", "/v1/search", Action::SearchRecord),
    rule("GET", "/v1/views", Action::ReadPeople),
    rule("POST", "/v1/views", Action::KeepViews),
    rule("DELETE", "/v1/views/{id}", Action::KeepViews),
    rule("GET", "/v1/operations", Action::ReadCases),
    rule("POST", "/v1/operations", Action::WorkOnCases),
    rule("GET", "/v1/operations/{id}", Action::ReadCases),
    rule("POST", "/v1/operations/{id}/end", Action::WorkOnCases),
    rule("GET", "/v1/cases/{id}/notes", Action::ReadCases),
    rule("POST", "/v1/cases/{id}/notes", Action::WorkOnCases),
    rule("GET", "/v1/mentions", Action::WorkOnCases),
    rule("POST", "/v1/notes/{id}/read", Action::WorkOnCases),
    rule("GET", "/v1/cases/{id}/seizures", Action::ReadCases),
    rule("POST", "/v1/cases/{id}/seizures", Action::WorkOnCases),
    rule("POST", "/v1/seizures/{id}/steps", Action::WorkOnCases),
    rule("GET", "/v1/cases/{id}/tasks", Action::ReadCases),
    rule("POST", "/v1/cases/{id}/tasks", Action::WorkOnCases),
    rule("GET", "/v1/tasks", Action::WorkOnCases),
    rule("POST", "/v1/tasks/{id}/steps", Action::WorkOnCases),
    rule("GET", "/v1/cases/{id}/timeline", Action::ReadCases),
    rule("GET", "/v1/cases", Action::ReadCases),
    rule("POST", "/v1/cases/{id}/steps", Action::HandleCases),
    rule("GET", "/v1/cases/{id}", Action::ReadCases),
    rule("POST", "/v1/cases/{id}/assign", Action::HandleCases),
    rule("GET", "/v1/cases/{id}/trace", Action::ReadCases),
    rule("POST", "/v1/cases/{id}/plan", Action::HandleCases),
    rule("GET", "/v1/cases/{id}/plans", Action::ReadCases),
    rule("GET", "/v1/plans/{id}", Action::ReadCases),
    rule("POST", "/v1/plans/{id}/submit", Action::DraftOrders),
    rule("POST", "/v1/plans/{id}/approve", Action::ApproveOrders),
    rule("POST", "/v1/plans/{id}/decline", Action::ApproveOrders),
    rule("GET", "/v1/orders", Action::ReadOrders),
    rule("POST", "/v1/orders", Action::DraftOrders),
    rule("GET", "/v1/orders/{id}", Action::ReadOrders),
    rule("POST", "/v1/orders/{id}/approve", Action::ApproveOrders),
    rule("POST", "/v1/orders/{id}/withdraw", Action::WithdrawOrders),
    rule(
        "GET",
        "/v1/orders/{id}/document",
        Action::ReadOrderDocuments,
    ),
    rule("POST", "/v1/cases/{id}/evidence", Action::WorkOnCases).bulk(),
    rule("GET", "/v1/cases/{id}/evidence", Action::ReadCases),
    rule("GET", "/v1/cases/{id}/evidence/package", Action::ReadFiles).bulk(),
    rule("GET", "/v1/evidence/{id}/content", Action::ReadFiles),
    rule("POST", "/v1/evidence/{id}/hand-over", Action::WorkOnCases),
    rule("GET", "/v1/institutions", Action::ReadOrders),
    rule("GET", "/v1/institutions/{code}", Action::ReadOrders),
    rule("PUT", "/v1/institutions/{code}", Action::KeepInstitutions),
    signed("/v1/institutions/{code}/answers"),
    signed("/v1/institutions/{code}/payments").bulk(),
    rule("POST", "/v1/payments", Action::SendPayments).bulk(),
    rule("POST", "/v1/trace", Action::TraceMoney),
    rule("POST", "/v1/events", Action::SendEvents).bulk(),
    rule("POST", "/v1/scan", Action::ScanTexts).bulk(),
    rule("GET", "/v1/decisions", Action::ReadDecisions),
    rule("GET", "/v1/decisions/{event_id}", Action::ReadDecisions),
    rule("POST", "/v1/entities/timeline", Action::AskTimelines),
    rule(
        "GET",
        "/v1/entities/{field}/{value}/timeline",
        Action::ReadDecisions,
    ),
    rule("GET", "/v1/policies", Action::ReadDecisions),
    rule("POST", "/v1/policies", Action::WritePolicies).bulk(),
    rule("GET", "/v1/policies/deployment", Action::ReadDecisions),
    rule("GET", "/v1/policies/language", Action::ReadDecisions),
    rule("POST", "/v1/policies/check", Action::WritePolicies),
    rule("POST", "/v1/policies/format", Action::WritePolicies),
    rule("POST", "/v1/policies/test", Action::RunPolicies),
    rule("GET", "/v1/policies/{hash}", Action::ReadDecisions),
    rule("GET", "/v1/policies/{hash}/outline", Action::ReadDecisions),
    rule("GET", "/v1/policies/{hash}/diff", Action::ReadDecisions),
    rule("POST", "/v1/policies/rollback", Action::RunPolicies),
    rule("GET", "/v1/policy-changes", Action::ReadDecisions),
    rule("POST", "/v1/policy-changes", Action::WritePolicies),
    rule(
        "POST",
        "/v1/policy-changes/{id}/approve",
        Action::ApprovePolicies,
    ),
    rule(
        "POST",
        "/v1/policy-changes/{id}/decline",
        Action::ApprovePolicies,
    ),
    rule("GET", "/v1/backtests", Action::ReadDecisions),
    rule("POST", "/v1/backtests", Action::WritePolicies),
    rule("GET", "/v1/backtests/{id}", Action::ReadDecisions),
    rule("POST", "/v1/backtests/{id}/cancel", Action::WritePolicies),
    rule("GET", "/v1/measures", Action::ReadMeasures),
    rule("POST", "/v1/measures", Action::TakeMeasures),
    rule("GET", "/v1/measures/{id}", Action::ReadMeasures),
    rule("POST", "/v1/measures/{id}/confirm", Action::ConfirmMeasures),
    rule("POST", "/v1/measures/{id}/lift", Action::LiftMeasures),
    rule(
        "POST",
        "/v1/measures/{id}/reexamine",
        Action::ReexamineMeasures,
    ),
    rule("POST", "/v1/measures/{id}/appeals", Action::FileAppeals),
    rule("GET", "/v1/appeals", Action::ReadMeasures),
    rule("GET", "/v1/appeals/{id}", Action::ReadMeasures),
    rule("POST", "/v1/appeals/{id}/take", Action::DecideAppeals),
    rule("POST", "/v1/appeals/{id}/ask", Action::DecideAppeals),
    rule("POST", "/v1/appeals/{id}/ease", Action::DecideAppeals),
    rule("POST", "/v1/appeals/{id}/decide", Action::DecideAppeals),
    rule("POST", "/v1/appeals/{id}/external", Action::FileAppeals),
    rule(
        "GET",
        "/v1/appeals/{id}/materials/{nth}",
        Action::ReadAppealMaterials,
    ),
    rule("GET", "/v1/measure-batches", Action::ReadMeasures),
    rule("POST", "/v1/measure-batches", Action::TakeMeasures).bulk(),
    rule("GET", "/v1/measure-batches/{id}", Action::ReadMeasures),
    rule(
        "GET",
        "/v1/measure-batches/{id}/subjects",
        Action::ReadMeasures,
    ),
    rule(
        "POST",
        "/v1/measure-batches/{id}/approve",
        Action::ConfirmMeasures,
    ),
    rule(
        "POST",
        "/v1/measure-batches/{id}/decline",
        Action::ConfirmMeasures,
    ),
    rule(
        "POST",
        "/v1/measure-batches/{id}/rollback",
        Action::LiftMeasures,
    ),
    rule(
        "POST",
        "/v1/measure-batches/{id}/subjects/rollback",
        Action::LiftMeasures,
    ),
    open("POST", "/v1/public/appeals"),
    open("POST", "/v1/public/appeals/status"),
    open("POST", "/v1/public/appeals/documents"),
    open("GET", "/v1/public/statements"),
    open("GET", "/v1/public/statistics"),
    rule("GET", "/v1/labels", Action::Label),
    rule("POST", "/v1/labels", Action::Label),
    rule("GET", "/v1/labels/picks", Action::Label),
    rule("GET", "/v1/labels/export", Action::Label),
    rule("DELETE", "/v1/labels/{id}/text", Action::Label),
    rule("GET", "/v1/models", Action::ReadDecisions),
    rule("GET", "/v1/audit/checkpoint", Action::ReadCases),
    rule("GET", "/v1/audit/entries", Action::ReadCases),
    rule("GET", "/v1/audit/entries/{seq}/proof", Action::ReadCases),
    rule("GET", "/v1/audit/consistency", Action::AuditRecord),
    rule("GET", "/v1/feed", Action::ReadOrders).stream(),
];

/// The rule of a route; `HEAD` is asked as `GET`. None: nobody may call it.
#[must_use]
pub fn lookup(method: &Method, path: &str) -> Option<&'static Rule> {
    let asked = if method == Method::HEAD {
        "GET"
    } else {
        method.as_str()
    };
    TABLE
        .iter()
        .find(|rule| rule.method == asked && rule.path == path)
}

/// Whether the table and the routes (from the OpenAPI document, which every route is registered through) agree.
///
/// # Errors
/// [`ServeError::Access`] names those that differ, or what is wrong with the policies.
pub fn check(routes: &[(String, String)]) -> Result<(), ServeError> {
    authz::check()?;
    let mut faults: Vec<String> = Vec::new();
    for (method, path) in routes {
        if !TABLE
            .iter()
            .any(|rule| rule.method == method && rule.path == path)
        {
            faults.push(format!("{method} {path} has no rule"));
        }
    }
    for rule in TABLE {
        let known = routes
            .iter()
            .filter(|(method, path)| rule.method == method && rule.path == path)
            .count();
        let rules = TABLE
            .iter()
            .filter(|other| other.method == rule.method && other.path == rule.path)
            .count();
        if known != 1 || rules != 1 {
            faults.push(format!(
                "{} {} has {rules} rules and {known} routes",
                rule.method, rule.path
            ));
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(ServeError::Access(faults.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authz::{Asking, Person};
    use stanch_types::UserId;
    use stanch_types::user::Role;

    fn routes() -> Vec<(String, String)> {
        TABLE
            .iter()
            .map(|r| (r.method.to_owned(), r.path.to_owned()))
            .collect()
    }

    #[test]
    fn refuses_a_route_without_rule_and_a_rule_without_route() {
        assert!(check(&routes()).is_ok());
        let mut more = routes();
        more.push(("POST".to_owned(), "/v1/backdoor".to_owned()));
        assert!(
            check(&more)
                .unwrap_err()
                .to_string()
                .contains("/v1/backdoor")
        );
        assert!(check(&routes()[1..]).is_err());
    }

    #[test]
    fn unknown_routes_have_no_rule() {
        assert!(lookup(&Method::GET, "/v1/backdoor").is_none());
        assert!(lookup(&Method::PATCH, "/v1/cases").is_none());
        assert!(lookup(&Method::HEAD, "/v1/cases").is_some());
    }

    #[test]
    fn every_action_but_seeing_personal_data_has_a_route() {
        for action in Action::ALL {
            let routes = TABLE
                .iter()
                .any(|rule| rule.access == Access::Person(*action));
            assert_eq!(routes, *action != Action::SeePersonalData, "{action}");
        }
    }

    #[test]
    fn auditors_change_nothing() {
        let auditor = Person {
            id: UserId::from_digest([1; 16]),
            roles: &[Role::Auditor],
        };
        let asking = Asking {
            by_key: false,
            in_scope: true,
            has_purpose: true,
        };
        for rule in TABLE {
            if let Access::Person(action) = rule.access {
                let own = [Action::KeepSession, Action::KeepPasskeys];
                let changes = rule.method != "GET" && !own.contains(&action);
                let may = authz::permits(auditor, asking, action, authz::ANY);
                assert!(!(changes && may), "{rule:?}");
            }
        }
    }
}
