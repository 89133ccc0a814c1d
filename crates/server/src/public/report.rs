//! `/report`: the form, and `/report/done`: the claim code, once.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use stanch_types::institution::Institution;
use stanch_types::report::{Consent, Relation};
use stanch_types::{ClaimCode, ErrorCode};

use super::form::Form;
use super::page::{Language, page};
use super::told::{CHANNELS, Mistakes, OTHER, PAYMENTS_MAX, Reading, rows};
use super::words::Words;
use crate::error::{ApiError, ApiResult};
use crate::handlers::public_reports::{add_file, take_report};
use crate::state::App;

const PATH: &str = "/report";
const DONE: &str = "/report/done";
/// Carries the claim code from the form to the page that shows it; gone after ten minutes or when it was shown.
const COOKIE: &str = "stanch_claim";
const COOKIE_SECS: u32 = 600;

/// The report form.
#[utoipa::path(get, path = "/report", tag = "public", params(("lang" = Option<String>, Query, description = "`zh` or `en`")),
    responses((status = 200, content((String = "text/html")), description = "A page")))]
pub async fn report_form(State(app): State<App>, language: Language) -> ApiResult<Response> {
    show(&app, language, &Form::default(), &Mistakes::new()).await
}

/// Send the report form. With mistakes the form comes back, filled in.
#[utoipa::path(post, path = "/report", tag = "public", params(("lang" = Option<String>, Query, description = "`zh` or `en`")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "Also `multipart/form-data`, with files"), responses(
    (status = 303, description = "Received: `/report/done` shows the claim code"),
    (status = 200, content((String = "text/html")), description = "Another payment was asked for"),
    (status = 422, content((String = "text/html")), description = "The form with its mistakes")))]
pub async fn send_report_form(
    State(app): State<App>,
    language: Language,
    form: Form,
) -> ApiResult<Response> {
    if form.has("more") {
        return show(&app, language, &form, &Mistakes::new()).await;
    }
    let mut reading = Reading::new(&form, language.words(), app.ctx().now());
    let Some(content) = reading.report() else {
        return show(&app, language, &form, &reading.mistakes).await;
    };
    let receipt = match take_report(&app, content).await {
        Ok(receipt) => receipt,
        // A rule that the form does not know: the payments are where such rules are.
        Err(refused) if refused.code() == ErrorCode::ReportInvalid => {
            let mistake = language.words().bad_text;
            let mistakes = Mistakes::from([("p0_amount".to_owned(), mistake)]);
            return show(&app, language, &form, &mistakes).await;
        }
        Err(error) => return Err(error),
    };
    let mut left_out = 0_usize;
    for file in &form.files {
        let added = add_file(&app, &receipt.claim_code, &file.name, &file.bytes).await;
        left_out += usize::from(added.is_err());
    }
    to_done(&app, language, &receipt.claim_code, left_out)
}

/// Goes to the page that shows the claim code, so that loading it again sends nothing again.
fn to_done(
    app: &App,
    language: Language,
    code: &ClaimCode,
    left_out: usize,
) -> ApiResult<Response> {
    let cookie = cookie(app, &format!("{}.{left_out}", code.expose()), COOKIE_SECS)?;
    let to = format!("{DONE}?lang={}", language.code());
    let to = HeaderValue::from_str(&to).map_err(ApiError::internal)?;
    let headers = [(header::LOCATION, to), (header::SET_COOKIE, cookie)];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

fn cookie(app: &App, value: &str, max_age_secs: u32) -> ApiResult<HeaderValue> {
    let secure = if app.config().cookie_is_secure() {
        "; Secure"
    } else {
        ""
    };
    let text = format!(
        "{COOKIE}={value}; HttpOnly; SameSite=Strict; Path={DONE}; Max-Age={max_age_secs}{secure}"
    );
    HeaderValue::from_str(&text).map_err(ApiError::internal)
}

/// The claim code of the report that was just sent, once.
#[utoipa::path(get, path = "/report/done", tag = "public", params(("lang" = Option<String>, Query, description = "`zh` or `en`")),
    responses((status = 200, content((String = "text/html")), description = "A page")))]
pub async fn report_done(
    State(app): State<App>,
    language: Language,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let words = language.words();
    let shown = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .and_then(|(_, value)| value.split_once('.'))
        .and_then(|(code, left)| Some((code.parse::<ClaimCode>().ok()?, left)));
    let body = match &shown {
        Some((code, left_out)) => html! {
            p { (words.done_code) }
            p.code.n { (code.expose()) }
            p { strong { (words.done_keep) } }
            @if *left_out != "0" { p.e role="alert" { (words.bad_file) } }
            p { a href=(format!("/status?lang={}", language.code())) { (words.nav_status) } }
        },
        None => html! { p { (words.done_gone) } },
    };
    let mut response = page(language, DONE, StatusCode::OK, words.done_title, &body);
    response
        .headers_mut()
        .append(header::SET_COOKIE, cookie(&app, "", 0)?);
    Ok(response)
}

async fn show(
    app: &App,
    language: Language,
    form: &Form,
    mistakes: &Mistakes,
) -> ApiResult<Response> {
    let institutions = app.store().read().await?.list_institutions().await?;
    let drawing = Drawing {
        words: language.words(),
        form,
        mistakes,
        institutions: &institutions,
    };
    let status = if mistakes.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let body = drawing.form(language);
    Ok(page(
        language,
        PATH,
        status,
        language.words().report_title,
        &body,
    ))
}

/// Draws the form with what was typed and what is wrong with it.
struct Drawing<'a> {
    words: &'static Words,
    form: &'a Form,
    mistakes: &'a Mistakes,
    institutions: &'a [Institution],
}

/// A field with one line.
struct Line<'a> {
    name: &'a str,
    label: &'a str,
    kind: &'a str,
    hint: &'a str,
    required: bool,
}

impl Drawing<'_> {
    fn form(&self, language: Language) -> Markup {
        let words = self.words;
        let action = format!("{PATH}?lang={}", language.code());
        html! {
            p { (words.report_intro) }
            p.n { strong { (words.urgent) } }
            (self.summary())
            form method="post" action=(action) enctype="multipart/form-data" novalidate {
                (self.contact())
                @for nth in 0..rows(self.form) { (self.payment(nth)) }
                input type="hidden" name="rows" value=(rows(self.form));
                @if rows(self.form) < PAYMENTS_MAX {
                    button.s type="submit" name="more" value="1" { (words.more_payments) }
                }
                fieldset {
                    legend { (words.now) }
                    (self.tick("still_in_contact", words.still_in_contact))
                    (self.tick("still_paying", words.still_paying))
                    (self.tick("remote_controlled", words.remote_controlled))
                }
                (self.you())
                fieldset {
                    legend { (words.files) (words.optional) }
                    p.h #files-hint { (words.files_hint) }
                    @if !self.mistakes.is_empty() || self.form.has("more") { p.h { (words.files_again) } }
                    input type="file" name="files" multiple aria-label=(words.files) aria-describedby="files-hint"
                        accept="image/png,image/jpeg,image/webp,image/gif,application/pdf,text/plain";
                }
                (self.consent())
                button type="submit" { (words.send) }
            }
        }
    }

    fn summary(&self) -> Markup {
        let count = self.mistakes.len().to_string();
        html! {
            @if !self.mistakes.is_empty() {
                div.b role="alert" {
                    p.e { (self.words.mistakes.replace("{}", &count)) }
                    ul {
                        @for (name, mistake) in self.mistakes {
                            li { a href=(format!("#{name}")) { (self.label_of(name)) } ": " (mistake) }
                        }
                    }
                }
            }
        }
    }

    /// What a field is called in the summary of mistakes.
    fn label_of(&self, name: &str) -> String {
        let words = self.words;
        let in_payment = name.strip_prefix('p').and_then(|rest| rest.split_once('_'));
        if let Some((nth, member)) = in_payment
            && let Ok(nth) = nth.parse::<usize>()
        {
            let member = match member {
                "at" => words.occurred_at,
                "amount" => words.amount,
                "from_institution" => words.from_institution,
                "from" => words.from_account,
                "to_institution" => words.to_institution,
                "to" => words.to_account,
                "to_name" => words.to_name,
                _ => words.tx_id,
            };
            let payment = words.payment.replace("{}", &(nth + 1).to_string());
            return format!("{payment} · {member}");
        }
        match name {
            "relation" => words.relation,
            "name" => words.name,
            "phone" => words.phone,
            "contacted_at" => words.contacted_at,
            "contact_channel" => words.contact_channel,
            "counterpart" => words.counterpart,
            "consent" => words.consent,
            _ => words.narrative,
        }
        .to_owned()
    }

    fn contact(&self) -> Markup {
        let words = self.words;
        html! {
            fieldset {
                legend { (words.contact) }
                div.f {
                    label for="narrative" { (words.narrative) }
                    p.h #narrative-hint { (words.narrative_hint) }
                    (self.mistake("narrative"))
                    textarea #narrative name="narrative" maxlength="5000" required aria-describedby="narrative-hint narrative-error"
                        aria-invalid=(self.invalid("narrative")) { (self.form.typed("narrative")) }
                }
                (self.line(&Line { name: "contacted_at", label: words.contacted_at, kind: "datetime-local", hint: words.beijing, required: false }))
                (self.line(&Line { name: "contact_channel", label: words.contact_channel, kind: "text", hint: words.contact_channel_hint, required: false }))
                (self.line(&Line { name: "counterpart", label: words.counterpart, kind: "text", hint: words.counterpart_hint, required: false }))
            }
        }
    }

    fn you(&self) -> Markup {
        let words = self.words;
        let options: Vec<_> = Relation::ALL
            .iter()
            .map(|relation| relation.as_str())
            .zip(words.relations)
            .collect();
        html! {
            fieldset {
                legend { (words.you) }
                (self.select("relation", words.relation, &options))
                (self.line(&Line { name: "name", label: words.name, kind: "text", hint: "", required: false }))
                (self.line(&Line { name: "phone", label: words.phone, kind: "tel", hint: "", required: false }))
            }
        }
    }

    fn consent(&self) -> Markup {
        let name = "consent";
        html! {
            fieldset #consent {
                legend { (self.words.consent) }
                (self.mistake(name))
                @for (consent, label) in Consent::ALL.iter().zip(self.words.consents) {
                    label.c {
                        input type="radio" name=(name) value=(consent.as_str()) required
                            checked[self.form.typed(name) == consent.as_str()];
                        (label)
                    }
                }
            }
        }
    }

    fn payment(&self, nth: usize) -> Markup {
        let words = self.words;
        let field = |member: &str| format!("p{nth}_{member}");
        let codes = self.institutions.iter();
        let mut banks: Vec<(&str, &str)> = codes
            .map(|one| (one.code.as_str(), one.name.as_str()))
            .collect();
        banks.push((OTHER, words.other_institution));
        let channels: Vec<_> = CHANNELS
            .iter()
            .map(|channel| channel.as_str())
            .zip(words.channels)
            .collect();
        let line = |member: &str, label: &str, kind: &str, hint: &str, required: bool| {
            self.line(&Line {
                name: &field(member),
                label,
                kind,
                hint,
                required,
            })
        };
        html! {
            fieldset {
                legend { (words.payment.replace("{}", &(nth + 1).to_string())) }
                (line("at", words.occurred_at, "datetime-local", words.beijing, true))
                (line("amount", words.amount, "text", "", true))
                (self.select(&field("from_institution"), words.from_institution, &banks))
                (line("from", words.from_account, "text", "", true))
                (self.select(&field("to_institution"), words.to_institution, &banks))
                (line("to", words.to_account, "text", "", true))
                (line("to_name", words.to_name, "text", "", false))
                (line("tx_id", words.tx_id, "text", "", false))
                (self.select(&field("channel"), words.channel, &channels))
            }
        }
    }

    fn line(&self, line: &Line<'_>) -> Markup {
        let name = line.name;
        let described = format!("{name}-hint {name}-error");
        html! {
            div.f {
                label for=(name) { (line.label) @if !line.required { (self.words.optional) } }
                @if !line.hint.is_empty() { p.h id=(format!("{name}-hint")) { (line.hint) } }
                (self.mistake(name))
                input id=(name) name=(name) type=(line.kind) value=(self.form.typed(name)) required[line.required]
                    autocomplete=(autocomplete(name)) aria-invalid=(self.invalid(name)) aria-describedby=(described);
            }
        }
    }

    fn select(&self, name: &str, label: &str, options: &[(&str, &str)]) -> Markup {
        let typed = self.form.typed(name);
        html! {
            div.f {
                label for=(name) { (label) }
                (self.mistake(name))
                select id=(name) name=(name) aria-invalid=(self.invalid(name)) aria-describedby=(format!("{name}-error")) {
                    option value="" { (self.words.choose) }
                    @for (value, text) in options {
                        option value=(value) selected[typed == *value] { (text) }
                    }
                }
            }
        }
    }

    fn tick(&self, name: &str, label: &str) -> Markup {
        html! {
            label.c { input type="checkbox" name=(name) value="1" checked[self.form.has(name)]; (label) }
        }
    }

    fn mistake(&self, name: &str) -> Markup {
        html! {
            @if let Some(mistake) = self.mistakes.get(name) {
                p.e id=(format!("{name}-error")) { (mistake) }
            }
        }
    }

    fn invalid(&self, name: &str) -> &'static str {
        if self.mistakes.contains_key(name) {
            "true"
        } else {
            "false"
        }
    }
}

fn autocomplete(name: &str) -> &'static str {
    match name {
        "name" => "name",
        "phone" => "tel",
        _ => "off",
    }
}
