//! The API's description (OpenAPI 3.1), made from the handlers and the access table.

use utoipa::OpenApi;
use utoipa::openapi::path::{HttpMethod, Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, OpenApi as Document, Ref, RefOr, ResponseBuilder, SecurityRequirement,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::{self, Access};
use crate::error::{FieldError, Problem};
use crate::handlers::{
    answers, api_keys, appeals, audit, backtests, case_trace, case_work, cases, decisions, desk,
    events, evidence, feed, institution_payments, institutions, intake, keys, labels, leads,
    measure_batches, measures, models, numbers, oidc, order_document, order_steps, orders,
    passkeys, payments, plan_steps, plans, policies, policy_check, policy_diff, policy_files,
    policy_language, policy_outline, public_appeals, public_reports, reports, scan, search,
    seizures, session, sessions, steps, system, trace, users, views,
};
use crate::public::{appeal as appeal_page, report as report_page, status as status_page};
use crate::scopes;
use crate::state::App;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Stanch",
        description = "Report, trace, plan, order, proof: the golden hour over HTTP. Times are RFC 3339 in UTC, money \
is whole minor units of an ISO 4217 currency, errors are problem details (RFC 9457) with a stable `code`. Personal data \
is masked unless the header `stanch-purpose` says what it is read for: `case_work`, `measure`, `evidence`, `data_subject` \
or `quality`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(
        Problem,
        FieldError,
        // Words of queries and headers only: no body leads to them.
        stanch_types::purpose::Purpose,
        measures::MeasureStateWord,
        measure_batches::ResultWord
    )),
    tags(
        (name = "session", description = "Signing in"),
        (name = "reports", description = "What victims tell"),
        (name = "desk", description = "Teams, shifts, the queue, notes, tasks, operations"),
        (name = "leads", description = "What was opened from reports, and what came of it"),
        (name = "cases", description = "The desk"),
        (name = "plans", description = "Which accounts to hold"),
        (name = "orders", description = "Stop payment, freeze, release"),
        (name = "evidence", description = "Items with two collectors, chains of custody, packages"),
        (name = "institutions", description = "Banks, wallets, fund companies, and what they send"),
        (name = "payments", description = "Payments in, money flow out"),
        (name = "decisions", description = "Events in, decisions out, and where to find them"),
        (name = "policies", description = "Versions of the policy and who lets them decide"),
        (name = "measures", description = "Measures on accounts and content, and batches of them"),
        (name = "numbers", description = "What was achieved, how fast, and how often it was wrong"),
        (name = "appeals", description = "Appeals against measures"),
        (name = "public", description = "What anybody may ask without signing in"),
        (name = "labels", description = "What events turned out to be, and models measured on it"),
        (name = "audit", description = "Proof"),
        (name = "feed", description = "Live events"),
        (name = "system", description = "Health and description"),
    ),
)]
struct Api;

/// Every route with its description. All routes of the API are registered here and nowhere else.
pub fn routes() -> (axum::Router<App>, Document) {
    let (router, mut document) = OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(system::healthz))
        .routes(routes!(system::readyz))
        .routes(routes!(system::metrics))
        .routes(routes!(system::openapi_json))
        .merge(of_access())
        .routes(routes!(case_trace::trace_case))
        .routes(routes!(plans::plan_case))
        .routes(routes!(plans::list_plans))
        .routes(routes!(plans::get_plan))
        .routes(routes!(plan_steps::submit_plan))
        .routes(routes!(plan_steps::approve_plan))
        .routes(routes!(plan_steps::decline_plan))
        .routes(routes!(orders::list_orders, orders::create_order))
        .routes(routes!(orders::get_order))
        .routes(routes!(order_steps::approve_order))
        .routes(routes!(order_steps::withdraw_order))
        .routes(routes!(order_document::get_document))
        .routes(routes!(institutions::list_institutions))
        .routes(routes!(
            institutions::get_institution,
            institutions::put_institution
        ))
        .routes(routes!(answers::take_answer))
        .routes(routes!(institution_payments::post_institution_payments))
        .routes(routes!(payments::post_payments))
        .routes(routes!(trace::trace_payments))
        .routes(routes!(keys::get_keys))
        .routes(routes!(events::post_events))
        .routes(routes!(scan::scan_texts))
        .routes(routes!(decisions::list_decisions))
        .routes(routes!(decisions::get_decision))
        .routes(routes!(decisions::entity_timeline))
        .routes(routes!(decisions::get_entity_timeline))
        .routes(routes!(policies::list_policies, policies::push_policy))
        .routes(routes!(policies::get_deployment))
        .routes(routes!(policy_language::get_language))
        .routes(routes!(policy_check::check_policy))
        .routes(routes!(policy_check::format_policy))
        .routes(routes!(policy_check::test_policy))
        .routes(routes!(policy_files::get_policy))
        .routes(routes!(policy_outline::get_outline))
        .routes(routes!(policy_diff::diff_policies))
        .routes(routes!(policies::roll_back))
        .routes(routes!(policies::list_changes, policies::request_change))
        .routes(routes!(policies::approve_change))
        .routes(routes!(policies::decline_change))
        .routes(routes!(backtests::list_backtests, backtests::add_backtest))
        .routes(routes!(backtests::get_backtest))
        .routes(routes!(backtests::cancel_backtest))
        .merge(of_labels())
        .merge(of_evidence())
        .merge(of_search())
        .merge(of_fairness())
        .merge(of_leads())
        .merge(of_desk())
        .routes(routes!(audit::get_checkpoint))
        .routes(routes!(audit::list_entries))
        .routes(routes!(audit::get_proof))
        .routes(routes!(audit::get_consistency))
        .routes(routes!(feed::open_feed))
        .split_for_parts();
    complete(&mut document);
    (router, document)
}

/// Signing in, sessions, keys of programs, people.
fn of_access() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(
            session::sign_in,
            session::get_session,
            session::sign_out
        ))
        .routes(routes!(session::create_token))
        .routes(routes!(passkeys::list_passkeys, passkeys::add_passkey))
        .routes(routes!(passkeys::begin_passkey))
        .routes(routes!(passkeys::remove_passkey))
        .routes(routes!(passkeys::begin_sign_in))
        .routes(routes!(passkeys::sign_in_with_passkey))
        .routes(routes!(oidc::list_sign_in_methods))
        .routes(routes!(oidc::start_oidc))
        .routes(routes!(oidc::end_oidc))
        .routes(routes!(sessions::list_sessions, sessions::end_sessions))
        .routes(routes!(sessions::end_session))
        .routes(routes!(api_keys::list_api_keys, api_keys::create_api_key))
        .routes(routes!(api_keys::revoke_api_key))
        .routes(routes!(users::list_users))
}

/// Reports, leads and cases: taking them in and their steps.
fn of_leads() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(reports::create_report, reports::list_reports))
        .routes(routes!(reports::get_report))
        .routes(routes!(cases::list_cases))
        .routes(routes!(cases::get_case))
        .routes(routes!(cases::assign_case))
        .routes(routes!(leads::list_leads))
        .routes(routes!(leads::get_funnel))
        .routes(routes!(leads::get_lead))
        .routes(routes!(leads::take_lead_step))
        .routes(routes!(intake::take_reports))
        .routes(routes!(intake::give_claim_code))
        .routes(routes!(intake::add_attachment))
        .routes(routes!(intake::get_attachment))
        .routes(routes!(intake::list_related))
        .routes(routes!(
            report_page::report_form,
            report_page::send_report_form
        ))
        .routes(routes!(report_page::report_done))
        .routes(routes!(
            status_page::status_form,
            status_page::send_status_form
        ))
        .routes(routes!(public_reports::send_report))
        .routes(routes!(public_reports::ask_status))
        .routes(routes!(public_reports::tell_more))
        .routes(routes!(public_reports::send_attachment))
        .routes(routes!(steps::take_report_step))
        .routes(routes!(steps::take_case_step))
}

/// The desk: teams, shifts, the queue, and what people write on cases.
fn of_desk() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(desk::list_teams, desk::add_team))
        .routes(routes!(desk::put_team))
        .routes(routes!(desk::list_shifts, desk::add_shift))
        .routes(routes!(desk::end_shift))
        .routes(routes!(desk::list_queue))
        .routes(routes!(desk::claim))
        .routes(routes!(desk::do_in_bulk))
        .routes(routes!(desk::list_operations, desk::add_operation))
        .routes(routes!(desk::get_operation))
        .routes(routes!(desk::stop_operation))
        .routes(routes!(case_work::list_notes, case_work::write_note))
        .routes(routes!(case_work::list_mentions))
        .routes(routes!(case_work::read_note))
        .routes(routes!(seizures::list_seizures, seizures::record_seizure))
        .routes(routes!(seizures::take_seizure_step))
        .routes(routes!(case_work::list_tasks, case_work::add_task))
        .routes(routes!(case_work::my_tasks))
        .routes(routes!(case_work::take_task_step))
        .routes(routes!(case_work::get_timeline))
}

/// What events turned out to be, and the models measured on it.
fn of_labels() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(labels::list_labels, labels::add_label))
        .routes(routes!(labels::list_picks))
        .routes(routes!(labels::export_labels))
        .routes(routes!(labels::erase_label_text))
        .routes(routes!(models::list_models))
}

/// The record searched, and lists that people saved.
fn of_search() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(search::search))
        .routes(routes!(views::list_views, views::save_view))
        .routes(routes!(views::delete_view))
}

/// What was collected for cases, and packages of it.
fn of_evidence() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(evidence::list_evidence, evidence::collect_evidence))
        .routes(routes!(evidence::view_evidence))
        .routes(routes!(evidence::hand_over_evidence))
        .routes(routes!(evidence::export_evidence))
}

/// Measures, batches of them, appeals, and what the public may ask without signing in.
fn of_fairness() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(numbers::get_numbers))
        .routes(routes!(numbers::get_numbers_table))
        .routes(routes!(measures::list_measures, measures::add_measure))
        .routes(routes!(measures::get_measure))
        .routes(routes!(measures::confirm))
        .routes(routes!(measures::lift))
        .routes(routes!(measures::reexamine))
        .routes(routes!(appeals::file_for))
        .routes(routes!(appeals::list_appeals))
        .routes(routes!(appeals::get_appeal))
        .routes(routes!(appeals::take))
        .routes(routes!(appeals::ask))
        .routes(routes!(appeals::ease))
        .routes(routes!(appeals::decide))
        .routes(routes!(appeals::external))
        .routes(routes!(appeals::get_material))
        .routes(routes!(
            measure_batches::list_batches,
            measure_batches::add_batch
        ))
        .routes(routes!(measure_batches::get_batch))
        .routes(routes!(measure_batches::list_subjects))
        .routes(routes!(measure_batches::approve))
        .routes(routes!(measure_batches::decline))
        .routes(routes!(measure_batches::roll_back))
        .routes(routes!(measure_batches::roll_back_subjects))
        .routes(routes!(
            appeal_page::appeal_form,
            appeal_page::send_appeal_form
        ))
        .routes(routes!(appeal_page::statistics_page))
        .routes(routes!(public_appeals::file))
        .routes(routes!(public_appeals::status))
        .routes(routes!(public_appeals::add_document))
        .routes(routes!(public_appeals::list_statements))
        .routes(routes!(public_appeals::get_statistics))
}

/// The description.
#[must_use]
pub fn document() -> Document {
    routes().1
}

/// The routes a description names, as (method, path).
#[must_use]
pub fn listed(document: &Document) -> Vec<(String, String)> {
    let mut routes = Vec::new();
    for (path, item) in &document.paths.paths {
        for (method, operation) in operations(item) {
            if operation.is_some() {
                routes.push((method.to_owned(), path.clone()));
            }
        }
    }
    routes
}

fn operations(item: &PathItem) -> [(&'static str, &Option<Operation>); 5] {
    [
        ("GET", &item.get),
        ("POST", &item.post),
        ("PUT", &item.put),
        ("DELETE", &item.delete),
        ("PATCH", &item.patch),
    ]
}

/// Adds what follows from the access table and the shape of an endpoint: security and the general errors.
fn complete(document: &mut Document) {
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(
        "bearer",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some("A token of `POST /v1/tokens`"))
                .build(),
        ),
    );
    components.add_security_scheme(
        "api_key",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .bearer_format("stanch_ and 72 hexadecimal digits")
                .description(Some(
                    "A key of `POST /v1/api-keys` that has the scope named",
                ))
                .build(),
        ),
    );
    components.add_security_scheme(
        "session",
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
            "stanch_session",
            "Set by `POST /v1/session`; other methods than `GET` also need the header `x-csrf-token`",
        ))),
    );
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in [
            (HttpMethod::Get, &mut item.get),
            (HttpMethod::Post, &mut item.post),
            (HttpMethod::Put, &mut item.put),
            (HttpMethod::Delete, &mut item.delete),
        ] {
            if let Some(operation) = operation {
                complete_operation(operation, &method, path);
            }
        }
    }
}

fn complete_operation(operation: &mut Operation, method: &HttpMethod, path: &str) {
    let name = match method {
        HttpMethod::Get => "GET",
        HttpMethod::Post => "POST",
        HttpMethod::Put => "PUT",
        HttpMethod::Delete => "DELETE",
        HttpMethod::Patch | HttpMethod::Head | HttpMethod::Options | HttpMethod::Trace => return,
    };
    let access = access::TABLE
        .iter()
        .find(|rule| rule.method == name && rule.path == path)
        .map(|rule| rule.access);
    let mut errors: Vec<(u16, &str)> = vec![
        (
            400,
            "A parameter or the body is malformed (`request.invalid`)",
        ),
        (408, "It took too long (`request.timeout`)"),
        (500, "Something failed inside (`internal.failed`)"),
        (
            503,
            "Overloaded, starting or stopping (`internal.unavailable`)",
        ),
    ];
    match access {
        Some(Access::Person(_)) => {
            let mut shown = vec![
                SecurityRequirement::new("bearer", Vec::<String>::new()),
                SecurityRequirement::new("session", Vec::<String>::new()),
            ];
            if let Some(scope) = scopes::scope_of(name, path) {
                shown.push(SecurityRequirement::new("api_key", [scope.as_str()]));
            }
            operation.security = Some(shown);
            errors.push((401, "Not signed in (`auth.sign_in_required`)"));
            errors.push((
                403,
                "The roles do not allow it (`auth.forbidden`), or the cross-site request token is wrong (`auth.csrf_invalid`), or the key lacks the scope (`auth.scope_missing`)",
            ));
        }
        Some(Access::InstitutionSignature | Access::Public) | None => {
            operation.security = Some(Vec::new());
        }
    }
    errors.extend(errors_of_shape(operation, path));
    // Told before any of our code is asked.
    let too_long = ResponseBuilder::new().description("The address is longer than 65,534 bytes");
    let responses = &mut operation.responses.responses;
    responses.insert("414".to_owned(), RefOr::T(too_long.build()));
    for (status, description) in errors {
        let problem = ResponseBuilder::new()
            .description(description)
            .content(
                "application/problem+json",
                ContentBuilder::new()
                    .schema(Some(RefOr::Ref(Ref::from_schema_name("Problem"))))
                    .build(),
            )
            .build();
        operation
            .responses
            .responses
            .entry(status.to_string())
            .or_insert(RefOr::T(problem));
    }
}

/// The errors that follow from parameters and body.
fn errors_of_shape(operation: &Operation, path: &str) -> Vec<(u16, &'static str)> {
    let mut errors = Vec::new();
    if path.contains('{') {
        errors.push((404, "Nothing is there (`…not_found`)"));
    }
    if operation.request_body.is_some() {
        errors.push((413, "The body is too large (`request.too_large`)"));
        errors.push((
            415,
            "The body is not of the documented media type (`request.media_type`)",
        ));
    }
    if path == "/v1/session" || path == "/v1/tokens" {
        errors.push((429, "Too many failed tries (`request.too_many`)"));
    }
    if crate::guard::is_public(path) && operation.request_body.is_some() {
        errors.push((429, "Too much from one address (`request.too_many`)"));
    }
    let keyed = operation.parameters.as_ref().is_some_and(|parameters| {
        parameters
            .iter()
            .any(|parameter| matches!(parameter, RefOr::T(it) if it.name == "Idempotency-Key"))
    });
    if keyed {
        errors.push((
            409,
            "The state does not allow it, or a request with this key is being worked on (`idempotency.in_progress`)",
        ));
        errors.push((
            422,
            "The key was used with another body (`idempotency.mismatch`)",
        ));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

    #[test]
    fn committed_description_is_the_served_one() {
        let mut now = serde_json::to_string_pretty(&document()).unwrap();
        now.push('\n');
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(COMMITTED, &now).unwrap();
        }
        let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
        assert!(
            committed == now,
            "docs/openapi.json is out of date: run `UPDATE_OPENAPI=1 cargo test -p stanch-server openapi` and \
             look at what changed"
        );
    }

    #[test]
    fn access_table_and_routes_agree() {
        access::check(&listed(&document())).unwrap();
    }

    #[test]
    fn every_error_is_a_problem() {
        let value = serde_json::to_value(document()).unwrap();
        for (path, item) in value["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                for (status, response) in operation["responses"].as_object().unwrap() {
                    if status == "414" {
                        assert_eq!(response.get("content"), None, "{method} {path}");
                    } else if status.as_str() >= "400"
                        && response["content"].get("text/html").is_none()
                    {
                        let schema =
                            &response["content"]["application/problem+json"]["schema"]["$ref"];
                        assert_eq!(
                            schema, "#/components/schemas/Problem",
                            "{method} {path} {status}"
                        );
                    }
                }
            }
        }
    }
}
