//! Who may call what: one table. A route that is not in it does not start, and the other way round.

use axum::http::Method;
use stanch_types::user::{Role, User};

use crate::error::ServeError;

/// What a caller must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Public,
    /// To be signed in with at least one of these roles.
    Roles(&'static [Role]),
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

const ANALYST: &[Role] = &[Role::Analyst];
const APPROVER: &[Role] = &[Role::Approver];
const LIAISON: &[Role] = &[Role::Liaison];
const AUDITOR: &[Role] = &[Role::Auditor];
const WORKERS: &[Role] = &[Role::Analyst, Role::Approver];
/// Who makes teams.
const TEAM_SETTERS: &[Role] = &[Role::Admin, Role::Approver];
const FEEDERS: &[Role] = &[Role::Analyst, Role::Liaison];
const CASE_READERS: &[Role] = &[Role::Analyst, Role::Approver, Role::Auditor];
const DOCUMENT_READERS: &[Role] = &[Role::Analyst, Role::Approver, Role::Liaison];
const EVERYBODY: &[Role] = &[Role::Analyst, Role::Approver, Role::Liaison, Role::Auditor];
const SIGNED_IN: &[Role] = &[
    Role::Analyst,
    Role::Approver,
    Role::Liaison,
    Role::Auditor,
    Role::RiskEngineer,
    Role::Source,
    Role::Reviewer,
    Role::Admin,
];
const PEOPLE: &[Role] = &[
    Role::Analyst,
    Role::Approver,
    Role::Liaison,
    Role::Auditor,
    Role::RiskEngineer,
    Role::Reviewer,
    Role::Admin,
];
const EVENT_SENDERS: &[Role] = &[Role::Source];
const TEXT_SCANNERS: &[Role] = &[Role::Analyst, Role::RiskEngineer, Role::Source];
const DECISION_READERS: &[Role] = &[
    Role::Analyst,
    Role::Approver,
    Role::Auditor,
    Role::RiskEngineer,
];
/// The timeline's body is a question, but auditors ask by the form that is a `GET`.
const TIMELINE_READERS: &[Role] = &[Role::Analyst, Role::Approver, Role::RiskEngineer];
/// Who says what events turned out to be, and trains and measures on it.
const LABELLERS: &[Role] = &[Role::Analyst, Role::RiskEngineer];
const RISK_ENGINEER: &[Role] = &[Role::RiskEngineer];
/// Who agrees to a change of policy; the second person is not the first.
const POLICY_APPROVERS: &[Role] = &[Role::Approver, Role::RiskEngineer];

/// Who reads measures and appeals.
const FAIRNESS_READERS: &[Role] = &[Role::Analyst, Role::Approver, Role::Auditor, Role::Reviewer];
/// Who searches the record: whoever opens records of it and sees personal data.
const SEARCHERS: &[Role] = &[Role::Analyst, Role::Approver, Role::Liaison, Role::Reviewer];
/// Who keeps lists; auditors change nothing.
const VIEW_SAVERS: &[Role] = &[
    Role::Analyst,
    Role::Approver,
    Role::Liaison,
    Role::RiskEngineer,
    Role::Reviewer,
    Role::Admin,
];
const ADMIN: &[Role] = &[Role::Admin];
const REVIEWER: &[Role] = &[Role::Reviewer];
/// Who writes down appeals that come by phone or on paper.
const AGENTS: &[Role] = &[Role::Analyst, Role::Liaison];

const fn open(method: &'static str, path: &'static str) -> Rule {
    Rule {
        method,
        path,
        access: Access::Public,
        weight: Weight::Normal,
    }
}

const fn rule(method: &'static str, path: &'static str, roles: &'static [Role]) -> Rule {
    Rule {
        method,
        path,
        access: Access::Roles(roles),
        weight: Weight::Normal,
    }
}

const fn signed(path: &'static str, weight: Weight) -> Rule {
    Rule {
        method: "POST",
        path,
        access: Access::InstitutionSignature,
        weight,
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
    open("GET", "/auth/oidc/start"),
    open("GET", "/auth/oidc/callback"),
    rule("GET", "/v1/session", SIGNED_IN),
    rule("DELETE", "/v1/session", SIGNED_IN),
    rule("GET", "/v1/sessions", SIGNED_IN),
    rule("DELETE", "/v1/sessions", SIGNED_IN),
    rule("DELETE", "/v1/sessions/{id}", SIGNED_IN),
    rule("GET", "/v1/api-keys", PEOPLE),
    rule("POST", "/v1/api-keys", ADMIN),
    rule("DELETE", "/v1/api-keys/{id}", ADMIN),
    rule("GET", "/v1/users", PEOPLE),
    rule("GET", "/v1/keys", EVERYBODY),
    rule("POST", "/v1/reports", ANALYST),
    rule("GET", "/v1/reports", CASE_READERS),
    rule("GET", "/v1/reports/{id}", CASE_READERS),
    rule("POST", "/v1/reports/{id}/steps", ANALYST),
    rule("POST", "/v1/reports/{id}/claim", ANALYST),
    Rule {
        method: "POST",
        path: "/v1/reports/{id}/attachments",
        access: Access::Roles(ANALYST),
        weight: Weight::Bulk,
    },
    rule("GET", "/v1/reports/{id}/attachment", WORKERS),
    Rule {
        method: "POST",
        path: "/v1/reports/bulk",
        access: Access::Roles(ANALYST),
        weight: Weight::Bulk,
    },
    open("GET", "/report"),
    open("GET", "/report/done"),
    open("GET", "/status"),
    open("GET", "/appeal"),
    open("GET", "/statistics"),
    Rule {
        method: "POST",
        path: "/appeal",
        access: Access::Public,
        weight: Weight::Bulk,
    },
    Rule {
        method: "POST",
        path: "/report",
        access: Access::Public,
        weight: Weight::Bulk,
    },
    Rule {
        method: "POST",
        path: "/status",
        access: Access::Public,
        weight: Weight::Bulk,
    },
    open("POST", "/v1/public/reports"),
    open("POST", "/v1/public/reports/status"),
    open("POST", "/v1/public/reports/additions"),
    Rule {
        method: "POST",
        path: "/v1/public/reports/attachments",
        access: Access::Public,
        weight: Weight::Bulk,
    },
    rule("GET", "/v1/cases/{id}/related", CASE_READERS),
    rule("GET", "/v1/numbers", CASE_READERS),
    rule("GET", "/v1/numbers/table", CASE_READERS),
    rule("GET", "/v1/leads", CASE_READERS),
    rule("GET", "/v1/leads/funnel", CASE_READERS),
    rule("GET", "/v1/leads/{id}", CASE_READERS),
    rule("POST", "/v1/leads/{id}/steps", ANALYST),
    rule("GET", "/v1/teams", CASE_READERS),
    rule("POST", "/v1/teams", TEAM_SETTERS),
    rule("PUT", "/v1/teams/{id}", TEAM_SETTERS),
    rule("GET", "/v1/teams/{id}/shifts", CASE_READERS),
    rule("POST", "/v1/teams/{id}/shifts", WORKERS),
    rule("POST", "/v1/shifts/{id}/hand-over", WORKERS),
    rule("GET", "/v1/queue", CASE_READERS),
    rule("POST", "/v1/queue/claim", ANALYST),
    rule("POST", "/v1/cases/bulk", ANALYST),
    rule("POST", "/v1/search", SEARCHERS),
    rule("GET", "/v1/views", PEOPLE),
    rule("POST", "/v1/views", VIEW_SAVERS),
    rule("DELETE", "/v1/views/{id}", VIEW_SAVERS),
    rule("GET", "/v1/operations", CASE_READERS),
    rule("POST", "/v1/operations", WORKERS),
    rule("GET", "/v1/operations/{id}", CASE_READERS),
    rule("POST", "/v1/operations/{id}/end", WORKERS),
    rule("GET", "/v1/cases/{id}/notes", CASE_READERS),
    rule("POST", "/v1/cases/{id}/notes", WORKERS),
    rule("GET", "/v1/mentions", WORKERS),
    rule("POST", "/v1/notes/{id}/read", WORKERS),
    rule("GET", "/v1/cases/{id}/tasks", CASE_READERS),
    rule("POST", "/v1/cases/{id}/tasks", WORKERS),
    rule("GET", "/v1/tasks", WORKERS),
    rule("POST", "/v1/tasks/{id}/steps", WORKERS),
    rule("GET", "/v1/cases/{id}/timeline", CASE_READERS),
    rule("GET", "/v1/cases", CASE_READERS),
    rule("POST", "/v1/cases/{id}/steps", ANALYST),
    rule("GET", "/v1/cases/{id}", CASE_READERS),
    rule("POST", "/v1/cases/{id}/assign", ANALYST),
    rule("GET", "/v1/cases/{id}/trace", CASE_READERS),
    rule("POST", "/v1/cases/{id}/plan", ANALYST),
    rule("GET", "/v1/cases/{id}/plans", CASE_READERS),
    rule("GET", "/v1/plans/{id}", CASE_READERS),
    rule("POST", "/v1/plans/{id}/submit", ANALYST),
    rule("POST", "/v1/plans/{id}/approve", APPROVER),
    rule("POST", "/v1/plans/{id}/decline", APPROVER),
    rule("GET", "/v1/orders", EVERYBODY),
    rule("POST", "/v1/orders", ANALYST),
    rule("GET", "/v1/orders/{id}", EVERYBODY),
    rule("POST", "/v1/orders/{id}/approve", APPROVER),
    rule("POST", "/v1/orders/{id}/withdraw", WORKERS),
    rule("GET", "/v1/orders/{id}/document", DOCUMENT_READERS),
    Rule {
        method: "POST",
        path: "/v1/cases/{id}/evidence",
        access: Access::Roles(WORKERS),
        weight: Weight::Bulk,
    },
    rule("GET", "/v1/cases/{id}/evidence", CASE_READERS),
    Rule {
        method: "GET",
        path: "/v1/cases/{id}/evidence/package",
        access: Access::Roles(WORKERS),
        weight: Weight::Bulk,
    },
    rule("GET", "/v1/evidence/{id}/content", WORKERS),
    rule("POST", "/v1/evidence/{id}/hand-over", WORKERS),
    rule("GET", "/v1/institutions", EVERYBODY),
    rule("GET", "/v1/institutions/{code}", EVERYBODY),
    rule("PUT", "/v1/institutions/{code}", LIAISON),
    signed("/v1/institutions/{code}/answers", Weight::Normal),
    signed("/v1/institutions/{code}/payments", Weight::Bulk),
    Rule {
        method: "POST",
        path: "/v1/payments",
        access: Access::Roles(FEEDERS),
        weight: Weight::Bulk,
    },
    rule("POST", "/v1/trace", WORKERS),
    Rule {
        method: "POST",
        path: "/v1/events",
        access: Access::Roles(EVENT_SENDERS),
        weight: Weight::Bulk,
    },
    Rule {
        method: "POST",
        path: "/v1/scan",
        access: Access::Roles(TEXT_SCANNERS),
        weight: Weight::Bulk,
    },
    rule("GET", "/v1/decisions", DECISION_READERS),
    rule("GET", "/v1/decisions/{event_id}", DECISION_READERS),
    rule("POST", "/v1/entities/timeline", TIMELINE_READERS),
    rule(
        "GET",
        "/v1/entities/{field}/{value}/timeline",
        DECISION_READERS,
    ),
    rule("GET", "/v1/policies", DECISION_READERS),
    Rule {
        method: "POST",
        path: "/v1/policies",
        access: Access::Roles(RISK_ENGINEER),
        weight: Weight::Bulk,
    },
    rule("GET", "/v1/policies/deployment", DECISION_READERS),
    rule("GET", "/v1/policies/language", DECISION_READERS),
    rule("POST", "/v1/policies/check", RISK_ENGINEER),
    rule("POST", "/v1/policies/format", RISK_ENGINEER),
    rule("POST", "/v1/policies/test", POLICY_APPROVERS),
    rule("GET", "/v1/policies/{hash}", DECISION_READERS),
    rule("GET", "/v1/policies/{hash}/outline", DECISION_READERS),
    rule("GET", "/v1/policies/{hash}/diff", DECISION_READERS),
    rule("POST", "/v1/policies/rollback", POLICY_APPROVERS),
    rule("GET", "/v1/policy-changes", DECISION_READERS),
    rule("POST", "/v1/policy-changes", RISK_ENGINEER),
    rule("POST", "/v1/policy-changes/{id}/approve", POLICY_APPROVERS),
    rule("POST", "/v1/policy-changes/{id}/decline", POLICY_APPROVERS),
    rule("GET", "/v1/backtests", DECISION_READERS),
    rule("POST", "/v1/backtests", RISK_ENGINEER),
    rule("GET", "/v1/backtests/{id}", DECISION_READERS),
    rule("POST", "/v1/backtests/{id}/cancel", RISK_ENGINEER),
    rule("GET", "/v1/measures", FAIRNESS_READERS),
    rule("POST", "/v1/measures", ANALYST),
    rule("GET", "/v1/measures/{id}", FAIRNESS_READERS),
    rule("POST", "/v1/measures/{id}/confirm", APPROVER),
    rule("POST", "/v1/measures/{id}/lift", WORKERS),
    rule("POST", "/v1/measures/{id}/reexamine", REVIEWER),
    rule("POST", "/v1/measures/{id}/appeals", AGENTS),
    rule("GET", "/v1/appeals", FAIRNESS_READERS),
    rule("GET", "/v1/appeals/{id}", FAIRNESS_READERS),
    rule("POST", "/v1/appeals/{id}/take", REVIEWER),
    rule("POST", "/v1/appeals/{id}/ask", REVIEWER),
    rule("POST", "/v1/appeals/{id}/ease", REVIEWER),
    rule("POST", "/v1/appeals/{id}/decide", REVIEWER),
    rule("POST", "/v1/appeals/{id}/external", AGENTS),
    rule("GET", "/v1/appeals/{id}/materials/{nth}", REVIEWER),
    rule("GET", "/v1/measure-batches", FAIRNESS_READERS),
    Rule {
        method: "POST",
        path: "/v1/measure-batches",
        access: Access::Roles(ANALYST),
        weight: Weight::Bulk,
    },
    rule("GET", "/v1/measure-batches/{id}", FAIRNESS_READERS),
    rule("GET", "/v1/measure-batches/{id}/subjects", FAIRNESS_READERS),
    rule("POST", "/v1/measure-batches/{id}/approve", APPROVER),
    rule("POST", "/v1/measure-batches/{id}/decline", APPROVER),
    rule("POST", "/v1/measure-batches/{id}/rollback", WORKERS),
    rule(
        "POST",
        "/v1/measure-batches/{id}/subjects/rollback",
        WORKERS,
    ),
    open("POST", "/v1/public/appeals"),
    open("POST", "/v1/public/appeals/status"),
    open("POST", "/v1/public/appeals/documents"),
    open("GET", "/v1/public/statements"),
    open("GET", "/v1/public/statistics"),
    rule("GET", "/v1/labels", LABELLERS),
    rule("POST", "/v1/labels", LABELLERS),
    rule("GET", "/v1/labels/picks", LABELLERS),
    rule("GET", "/v1/labels/export", LABELLERS),
    rule("DELETE", "/v1/labels/{id}/text", LABELLERS),
    rule("GET", "/v1/models", DECISION_READERS),
    rule("GET", "/v1/audit/checkpoint", CASE_READERS),
    rule("GET", "/v1/audit/entries", CASE_READERS),
    rule("GET", "/v1/audit/entries/{seq}/proof", CASE_READERS),
    rule("GET", "/v1/audit/consistency", AUDITOR),
    Rule {
        method: "GET",
        path: "/v1/feed",
        access: Access::Roles(EVERYBODY),
        weight: Weight::Stream,
    },
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

/// Whether the roles of `user` let in at a route.
#[must_use]
pub fn admits(user: &User, method: &Method, path: &str) -> bool {
    match lookup(method, path).map(|rule| rule.access) {
        Some(Access::Roles(roles)) => roles.iter().any(|role| user.has(*role)),
        Some(Access::Public) => true,
        Some(Access::InstitutionSignature) | None => false,
    }
}

/// Whether the table and the routes (from the OpenAPI document, which every route is registered through) agree.
///
/// # Errors
/// [`ServeError::Access`] names those that differ.
pub fn check(routes: &[(String, String)]) -> Result<(), ServeError> {
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
    fn auditors_change_nothing() {
        for rule in TABLE {
            if let Access::Roles(roles) = rule.access {
                let changes = rule.method != "GET" && !rule.path.starts_with("/v1/session");
                assert!(!(changes && roles.contains(&Role::Auditor)), "{rule:?}");
            }
        }
    }
}
