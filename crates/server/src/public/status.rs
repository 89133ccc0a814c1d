//! `/status`: by claim code, where a report stands, what is asked; adding to it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use stanch_casework::ReportStatus;
use stanch_types::{ClaimCode, ErrorCode};

use super::form::Form;
use super::page::{Language, beijing, page};
use super::words::Words;
use crate::error::{ApiError, ApiResult};
use crate::handlers::public_reports::{add_file, add_text, look_up};
use crate::state::App;

const PATH: &str = "/status";
/// The words of the states, in the order of the pages' words.
const STATES: [&str; 7] = [
    "received",
    "triaged",
    "needs_info",
    "merged",
    "lead_opened",
    "not_fraud",
    "closed",
];

/// What is said above the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notice {
    Nothing,
    Added,
    Mistake(&'static str),
}

/// The form for a claim code.
#[utoipa::path(get, path = "/status", tag = "public", params(("lang" = Option<String>, Query, description = "`zh` or `en`")),
    responses((status = 200, content((String = "text/html")), description = "A page")))]
pub async fn status_form(language: Language) -> Response {
    let words = language.words();
    page(
        language,
        PATH,
        StatusCode::OK,
        words.status_title,
        &ask(language, ""),
    )
}

/// Show the report of a claim code; with a text or files, add them to it.
#[utoipa::path(post, path = "/status", tag = "public", params(("lang" = Option<String>, Query, description = "`zh` or `en`")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "Also `multipart/form-data`, with files"), responses(
    (status = 200, content((String = "text/html")), description = "The report's status"),
    (status = 422, content((String = "text/html")), description = "No such code, or what was added could not be taken")))]
pub async fn send_status_form(
    State(app): State<App>,
    language: Language,
    form: Form,
) -> ApiResult<Response> {
    let words = language.words();
    let unknown = || {
        let body = ask(language, words.status_unknown);
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        page(language, PATH, status, words.status_title, &body)
    };
    let Ok(code) = form.typed("code").parse::<ClaimCode>() else {
        return Ok(unknown());
    };
    match look_up(&app, &code).await {
        Ok(_) => {}
        Err(refused) if refused.code() == ErrorCode::ReportNotFound => return Ok(unknown()),
        Err(error) => return Err(error),
    }
    let notice = add(&app, words, &code, &form).await?;
    let found = look_up(&app, &code).await?;
    let status = match notice {
        Notice::Nothing | Notice::Added => StatusCode::OK,
        Notice::Mistake(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let body = show(language, &code, &found, &form, notice);
    Ok(page(language, PATH, status, words.status_title, &body))
}

/// Adds what the form brings to the report.
async fn add(app: &App, words: &'static Words, code: &ClaimCode, form: &Form) -> ApiResult<Notice> {
    let mut notice = Notice::Nothing;
    let told = |error: ApiError, otherwise| {
        let code = error.code();
        if code == ErrorCode::ReportState {
            Ok(Notice::Mistake(words.bad_closed))
        } else if code == ErrorCode::RequestInvalid {
            Ok(Notice::Mistake(otherwise))
        } else {
            Err(error)
        }
    };
    for file in &form.files {
        match add_file(app, code, &file.name, &file.bytes).await {
            Ok(_) => notice = Notice::Added,
            Err(error) => return told(error, words.bad_file),
        }
    }
    if !form.typed("text").is_empty() {
        match add_text(app, code, form.typed("text").to_owned()).await {
            Ok(_) => notice = Notice::Added,
            Err(error) => return told(error, words.bad_long),
        }
    }
    Ok(notice)
}

fn ask(language: Language, mistake: &str) -> Markup {
    let words = language.words();
    html! {
        form method="post" action=(format!("{PATH}?lang={}", language.code())) {
            div.f {
                label for="code" { (words.status_code) }
                p.h #code-hint { (words.status_hint) }
                @if !mistake.is_empty() { p.e #code-error role="alert" { (mistake) } }
                input #code name="code" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="64" required
                    aria-invalid=(if mistake.is_empty() { "false" } else { "true" }) aria-describedby="code-hint code-error";
            }
            button type="submit" { (words.status_look) }
        }
    }
}

fn show(
    language: Language,
    code: &ClaimCode,
    report: &ReportStatus,
    form: &Form,
    notice: Notice,
) -> Markup {
    let words = language.words();
    let state = STATES
        .iter()
        .zip(words.states)
        .find(|(word, _)| **word == report.state)
        .map_or(report.state, |(_, said)| said);
    let closed = report.answer.is_some();
    let kept = match notice {
        Notice::Mistake(_) => form.typed("text"),
        Notice::Nothing | Notice::Added => "",
    };
    html! {
        @match notice {
            Notice::Nothing => {},
            Notice::Added => p.n role="status" { (words.added) },
            Notice::Mistake(why) => p.e.b role="alert" { (why) },
        }
        dl {
            dt { (words.received_at) }
            dd { (beijing(report.received_at)) " (" (words.beijing) ")" }
            dt { (words.state) }
            dd { (state) }
            @if let Some(question) = &report.question { dt { (words.question) } dd.n { (question) } }
            @if let Some(answer) = &report.answer { dt { (words.answer) } dd.n { (answer) } }
        }
        @if !closed {
            h2 { (words.add) }
            form method="post" action=(format!("{PATH}?lang={}", language.code())) enctype="multipart/form-data" {
                input type="hidden" name="code" value=(code.expose());
                div.f {
                    label for="text" { (words.add) }
                    textarea #text name="text" maxlength="5000" { (kept) }
                }
                div.f {
                    label for="files" { (words.files) (words.optional) }
                    p.h #files-hint { (words.files_hint) }
                    input #files type="file" name="files" multiple aria-describedby="files-hint"
                        accept="image/png,image/jpeg,image/webp,image/gif,application/pdf,text/plain";
                }
                button type="submit" { (words.add_send) }
            }
        }
    }
}
