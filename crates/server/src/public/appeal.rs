//! `/appeal`: by claim code, what was done to somebody, why, and their appeal against it; `/statistics`: how often
//! measures were wrong.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use stanch_casework::Filed;
use stanch_types::appeal::{AppealChannel, Livelihood};
use stanch_types::{ClaimCode, ErrorCode, Money};

use super::form::Form;
use super::page::{Language, beijing, page};
use super::words::FairnessWords;
use crate::error::ApiResult;
use crate::handlers::documents::plain_name;
use crate::handlers::public_appeals::{
    ClaimedAppeal, ClaimedMeasure, Statistics, add_by_claim, file_by_claim, look_up, statistics,
};
use crate::state::App;

const PATH: &str = "/appeal";
const STATISTICS: &str = "/statistics";
/// States of an appeal that take documents and bar another appeal.
const OPEN: [&str; 4] = [
    "submitted",
    "acknowledged",
    "needs_materials",
    "under_review",
];

/// What is said above the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notice {
    Nothing,
    Done(&'static str),
    Mistake(&'static str),
}

/// The form for the claim code of a measure.
#[utoipa::path(get, path = "/appeal", tag = "public", params(("lang" = Option<String>, Query, description = "`zh` or `en`")),
    responses((status = 200, content((String = "text/html")), description = "A page")))]
pub async fn appeal_form(language: Language) -> Response {
    let title = language.words().fairness.title;
    page(language, PATH, StatusCode::OK, title, &ask(language, ""))
}

/// Show the measure of a claim code; with a text, appeal against it; with files, add them to the appeal.
#[utoipa::path(post, path = "/appeal", tag = "public", params(("lang" = Option<String>, Query, description = "`zh` or `en`")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "Also `multipart/form-data`, with files"), responses(
    (status = 200, content((String = "text/html")), description = "The measure and its appeals"),
    (status = 422, content((String = "text/html")), description = "No such code, or what was sent could not be taken")))]
pub async fn send_appeal_form(
    State(app): State<App>,
    language: Language,
    form: Form,
) -> ApiResult<Response> {
    let words = &language.words().fairness;
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    let unknown = || {
        page(
            language,
            PATH,
            refused,
            words.title,
            &ask(language, words.unknown),
        )
    };
    let Ok(code) = form.typed("code").parse::<ClaimCode>() else {
        return Ok(unknown());
    };
    match look_up(&app, &code).await {
        Ok(_) => {}
        Err(error) if error.code() == ErrorCode::MeasureNotFound => return Ok(unknown()),
        Err(error) => return Err(error),
    }
    let notice = take(&app, language, &code, &form).await?;
    let measure = look_up(&app, &code).await?;
    let status = match notice {
        Notice::Nothing | Notice::Done(_) => StatusCode::OK,
        Notice::Mistake(_) => refused,
    };
    let body = html! {
        @match notice {
            Notice::Nothing => {},
            Notice::Done(what) => p.n role="status" { (what) },
            Notice::Mistake(why) => p.e.b role="alert" { (why) },
        }
        (told(language, &measure))
        @for appeal in &measure.appeals { (filed(words, appeal)) }
        (next(language, &code, &measure, &form))
    };
    Ok(page(language, PATH, status, words.title, &body))
}

/// How often measures were wrong, how long people waited.
#[utoipa::path(get, path = "/statistics", tag = "public", params(("lang" = Option<String>, Query, description = "`zh` or `en`")),
    responses((status = 200, content((String = "text/html")), description = "A page")))]
pub async fn statistics_page(State(app): State<App>, language: Language) -> ApiResult<Response> {
    let words = &language.words().fairness;
    let body = numbers(words, &statistics(&app).await?);
    Ok(page(
        language,
        STATISTICS,
        StatusCode::OK,
        words.statistics,
        &body,
    ))
}

/// Files what the form says and adds its documents.
async fn take(app: &App, language: Language, code: &ClaimCode, form: &Form) -> ApiResult<Notice> {
    let words = &language.words().fairness;
    let mut notice = Notice::Nothing;
    let says = form.typed("says");
    if !says.is_empty() {
        let filed = Filed {
            channel: AppealChannel::Web,
            says: says.to_owned(),
            livelihood: form.typed("livelihood").parse::<Livelihood>().ok(),
        };
        match file_by_claim(app, code, filed).await {
            Ok(_) => notice = Notice::Done(words.filed),
            Err(error) if error.code() == ErrorCode::AppealState => {
                return Ok(Notice::Mistake(words.bad_open));
            }
            Err(error) if error.code() == ErrorCode::AppealTooLate => {
                return Ok(Notice::Mistake(words.bad_late));
            }
            Err(error) if error.code() == ErrorCode::AppealInvalid => {
                return Ok(Notice::Mistake(language.words().bad_long));
            }
            Err(error) => return Err(error),
        }
    }
    for file in &form.files {
        match add_by_claim(app, code, plain_name(&file.name), &file.bytes).await {
            Ok(_) if notice == Notice::Nothing => notice = Notice::Done(words.files_in),
            Ok(_) => {}
            Err(error)
                if [ErrorCode::AppealInvalid, ErrorCode::AppealState].contains(&error.code()) =>
            {
                return Ok(Notice::Mistake(words.bad_file));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(notice)
}

fn ask(language: Language, mistake: &str) -> Markup {
    let (words, fairness) = (language.words(), &language.words().fairness);
    html! {
        form method="post" action=(format!("{PATH}?lang={}", language.code())) {
            div.f {
                label for="code" { (words.status_code) }
                p.h #code-hint { (fairness.code_hint) }
                @if !mistake.is_empty() { p.e #code-error role="alert" { (mistake) } }
                input #code name="code" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="64" required
                    aria-invalid=(if mistake.is_empty() { "false" } else { "true" }) aria-describedby="code-hint code-error";
            }
            button type="submit" { (words.status_look) }
        }
        p { a href=(format!("{STATISTICS}?lang={}", language.code())) { (fairness.statistics) } }
    }
}

/// What was done, and why.
fn told(language: Language, measure: &ClaimedMeasure) -> Markup {
    let words = &language.words().fairness;
    let notice = match language {
        Language::Chinese => &measure.zh,
        Language::English => &measure.en,
    };
    html! {
        dl {
            dt { (words.what) }
            dd { (notice.title) }
            dt { (words.why) }
            dd { (notice.reason) }
            dt { (words.state) }
            dd { strong { (said(words.states, &measure.state)) } }
            dt { (words.since) }
            dd { (beijing(measure.decided_at)) }
            dt { (words.ends) }
            dd { (beijing(measure.expires_at)) }
            dt { (words.until) }
            dd { (beijing(measure.appeal_until)) " (" (language.words().beijing) ")" }
            dt { (words.remedy) }
            dd { (notice.remedy) }
        }
    }
}

/// An appeal that was filed.
fn filed(words: &FairnessWords, appeal: &ClaimedAppeal) -> Markup {
    html! {
        h2 { (words.appeal) }
        dl {
            dt { (words.filed_at) }
            dd { (beijing(appeal.filed_at)) }
            dt { (words.state) }
            dd { strong { (said(words.appeal_states, &appeal.state)) } }
            @if OPEN.contains(&appeal.state.as_str()) {
                dt { (words.decide_by) }
                dd { (beijing(appeal.deadlines.decide_by)) }
                @if let Some(by) = appeal.deadlines.ease_by { dt { (words.ease_by) } dd { (beijing(by)) } }
            }
            @if let Some(asked) = &appeal.asked { dt { (words.asked) } dd.n { (asked) } }
            @if let Some(reason) = &appeal.reason { dt { (words.decision) } dd.n { (reason) } }
            dt { (words.documents) }
            dd { (appeal.documents) }
        }
    }
}

/// What can be sent next: an appeal, or documents for the open one.
fn next(language: Language, code: &ClaimCode, measure: &ClaimedMeasure, form: &Form) -> Markup {
    let (words, fairness) = (language.words(), &language.words().fairness);
    let open = measure
        .appeals
        .iter()
        .any(|appeal| OPEN.contains(&appeal.state.as_str()));
    let over = ["expired", "lifted"].contains(&measure.state.as_str());
    let notice = match language {
        Language::Chinese => &measure.zh,
        Language::English => &measure.en,
    };
    html! {
        @if open || !over {
            h2 { (if open { fairness.send_files } else { fairness.file }) }
            form method="post" action=(format!("{PATH}?lang={}", language.code())) enctype="multipart/form-data" {
                input type="hidden" name="code" value=(code.expose());
                @if !open {
                    div.f {
                        label for="says" { (fairness.says) }
                        p.h #says-hint { (fairness.says_hint) }
                        textarea #says name="says" maxlength="5000" required aria-describedby="says-hint" { (form.typed("says")) }
                    }
                    div.f {
                        label for="livelihood" { (fairness.livelihood) }
                        p.h #livelihood-hint { (fairness.livelihood_hint) }
                        select #livelihood name="livelihood" aria-describedby="livelihood-hint" {
                            option value="" { (fairness.nothing) }
                            @for (word, said) in fairness.livelihoods {
                                option value=(word) selected[form.typed("livelihood") == *word] { (said) }
                            }
                        }
                    }
                }
                p { (fairness.materials) }
                ul { @for material in &notice.materials { li { (material) } } }
                div.f {
                    label for="files" { (words.files) (words.optional) }
                    p.h #files-hint { (fairness.files_hint) }
                    input #files type="file" name="files" multiple aria-describedby="files-hint"
                        accept="image/png,image/jpeg,image/webp,image/gif,application/pdf,text/plain";
                }
                button type="submit" { (if open { fairness.send_files } else { fairness.send }) }
            }
        }
    }
}

fn numbers(words: &FairnessWords, statistics: &Statistics) -> Markup {
    let share = statistics.overturn_rate.map_or_else(
        || words.none.to_owned(),
        |rate| format!("{}.{:02} %", rate / 100, rate % 100),
    );
    let within = |secs: Option<i64>| {
        secs.map_or_else(
            || words.none.to_owned(),
            |secs| format!("{}.{} {}", secs / 3_600, secs % 3_600 / 360, words.hours),
        )
    };
    html! {
        p { (words.statistics_intro) }
        dl {
            dt { (words.measures) }
            dd { (statistics.measures) }
            dt { (words.appeals_filed) }
            dd { (statistics.appeals_filed) }
            dt { (words.appeals_decided) }
            dd { (statistics.appeals_decided) }
            dt { (words.overturned) }
            dd { (statistics.overturned) }
            dt { (words.overturn_rate) }
            dd { (share) }
            dt { (words.half_within) }
            dd { (within(statistics.decided_within_p50_secs)) }
            dt { (words.most_within) }
            dd { (within(statistics.decided_within_p95_secs)) }
            dt { (words.wrongly_held) }
            @for held in &statistics.wrongly_held {
                dd { (Money::new(held.minor_hours, held.currency)) }
            }
            @if statistics.wrongly_held.is_empty() {
                dd { "0" }
            }
            dt { (words.overdue) }
            dd { (statistics.overdue) }
        }
    }
}

/// What is said for a word of the API.
fn said<'a>(pairs: &'a [(&'a str, &'a str)], word: &'a str) -> &'a str {
    pairs
        .iter()
        .find(|(known, _)| *known == word)
        .map_or(word, |(_, said)| said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::public::words::{EN, ZH};

    #[test]
    fn every_state_has_words_in_both_languages() {
        let measures = ["provisional", "active", "eased", "expired", "lifted"];
        let after = [
            "upheld",
            "partly",
            "rejected",
            "not_decided",
            "executed",
            "external_review",
        ];
        for words in [&ZH.fairness, &EN.fairness] {
            for word in measures {
                assert!(words.states.iter().any(|(known, _)| *known == word));
            }
            for word in OPEN.into_iter().chain(after) {
                assert!(words.appeal_states.iter().any(|(known, _)| *known == word));
            }
            let offered: Vec<_> = words.livelihoods.iter().map(|(word, _)| *word).collect();
            let all: Vec<_> = Livelihood::ALL.iter().map(|one| one.as_str()).collect();
            assert_eq!(offered, all);
        }
    }
}
