//! What was achieved in a time: money prevented from leaving, intercepted, stopped, frozen and returned, never mixed; how fast; what became of
//! reports; how often measures were wrong (domain reference 2.14).

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stanch_store::HeldNumbers;
use stanch_types::{Currency, Duration, ErrorCode, InstitutionCode, Timestamp};
use utoipa::{IntoParams, ToSchema};

use crate::error::{ApiError, ApiResult};
use crate::extract::Params;
use crate::handlers::public_appeals::{Statistics, statistics_of};
use crate::state::App;

/// Longest time that numbers are asked for.
const TIME_MAX: Duration = Duration::from_days(1_098);
/// The columns of the table.
const COLUMNS: &str = "institution,currency,prevented_minor,intercepted_minor,stopped_minor,frozen_minor,returned_minor,holds,\
held_within_p50_secs,held_within_p95_secs,within_two_hours,let_go\r\n";

/// Which time.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NumbersParams {
    /// From when on; 90 days before `to` if left out.
    pub from: Option<Timestamp>,
    /// Until before when; now if left out. At most 1,098 days after `from`.
    pub to: Option<Timestamp>,
}

/// Money of one currency, in minor units. The five are different things and are never added up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MoneyNumbers {
    /// ISO 4217.
    pub currency: Currency,
    /// Never sent, because somebody was warned in time.
    pub prevented_minor: i64,
    /// Settlement delayed by a measure that stands: it has not left.
    pub intercepted_minor: i64,
    /// Held by stops and held redemptions in force.
    pub stopped_minor: i64,
    /// Held by freezes in force.
    pub frozen_minor: i64,
    /// Given back to victims.
    pub returned_minor: i64,
}

/// What was achieved at one institution, or at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrganisationNumbers {
    /// Which institution; null for all of them.
    #[schema(required = true)]
    pub institution: Option<InstitutionCode>,
    /// By currency.
    pub money: Vec<MoneyNumbers>,
    /// Stops, freezes and held redemptions that held something.
    pub holds: u64,
    /// Half of them held it within this many seconds of the case's opening; null if there is none.
    #[schema(required = true)]
    pub held_within_p50_secs: Option<i64>,
    /// 95 of 100 did.
    #[schema(required = true)]
    pub held_within_p95_secs: Option<i64>,
    /// How many did within two hours.
    pub within_two_hours: u64,
    /// Holds that ended without a freeze or a return.
    pub let_go: u64,
}

/// The numbers of a time.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Numbers {
    /// From when on.
    pub from: Timestamp,
    /// Until before when.
    pub to: Timestamp,
    /// Of all institutions.
    pub all: OrganisationNumbers,
    /// By institution.
    pub organisations: Vec<OrganisationNumbers>,
    /// Reports received.
    pub reports: u64,
    /// Leads opened.
    pub leads: u64,
    /// Of them with an outcome.
    pub outcomes: u64,
    /// Cases opened.
    pub cases: u64,
    /// Measures and appeals.
    pub fairness: Statistics,
}

/// The time that is asked for: 90 days up to now, unless something else is.
///
/// # Errors
/// [`ErrorCode::RequestInvalid`] if it is empty or longer than 1,098 days.
pub fn asked_time(
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    now: Timestamp,
) -> ApiResult<(Timestamp, Timestamp)> {
    let to = to.unwrap_or(now);
    let from = from.unwrap_or(to.minus(Duration::from_days(90)));
    if from >= to || to.since(from) > TIME_MAX {
        let why = "`from` lies before `to`, at most 1,098 days";
        return Err(ApiError::new(ErrorCode::RequestInvalid, why).at("from", why));
    }
    Ok((from, to))
}

/// What was achieved: 90 days, or another time.
#[utoipa::path(get, path = "/v1/numbers", tag = "numbers", params(NumbersParams), responses(
    (status = 200, body = Numbers, description = "The numbers"),
))]
pub async fn get_numbers(
    State(app): State<App>,
    Params(params): Params<NumbersParams>,
) -> ApiResult<Json<Numbers>> {
    numbers(&app, &params).await.map(Json)
}

/// The same by institution and currency, as a table (RFC 4180). The first line names the columns; the lines of all
/// institutions together have an empty first field.
#[utoipa::path(get, path = "/v1/numbers/table", tag = "numbers", params(NumbersParams), responses(
    (status = 200, body = String, content_type = "text/csv", description = "A line an institution and currency"),
))]
pub async fn get_numbers_table(
    State(app): State<App>,
    Params(params): Params<NumbersParams>,
) -> ApiResult<Response> {
    let numbers = numbers(&app, &params).await?;
    let mut text = COLUMNS.to_owned();
    for of in std::iter::once(&numbers.all).chain(&numbers.organisations) {
        let institution = of.institution.as_ref().map_or("", InstitutionCode::as_str);
        let secs = |secs: Option<i64>| secs.map(|secs| secs.to_string()).unwrap_or_default();
        for money in &of.money {
            text.push_str(&format!(
                "{institution},{},{},{},{},{},{},{},{},{},{},{}\r\n",
                money.currency,
                money.prevented_minor,
                money.intercepted_minor,
                money.stopped_minor,
                money.frozen_minor,
                money.returned_minor,
                of.holds,
                secs(of.held_within_p50_secs),
                secs(of.held_within_p95_secs),
                of.within_two_hours,
                of.let_go,
            ));
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"numbers.csv\"",
        ),
    ];
    Ok((headers, text).into_response())
}

async fn numbers(app: &App, params: &NumbersParams) -> ApiResult<Numbers> {
    let now = app.ctx().now();
    let (from, to) = asked_time(params.from, params.to, now)?;
    let mut tx = app.store().read().await?;
    let achieved = tx.achieved(from, to).await?;
    let funnel = tx.funnel(from, to, None).await?;
    let is_outcome = |word: &str| word.parse::<stanch_types::lead::OutcomeKind>().is_ok();
    let outcomes = funnel.leads.iter().filter(|row| is_outcome(&row.word));
    let organisations = achieved.institutions.into_iter();
    Ok(Numbers {
        from,
        to,
        all: organisation(None, achieved.all),
        organisations: organisations
            .map(|(code, held)| organisation(Some(code), held))
            .collect(),
        reports: funnel.reports.iter().map(|row| row.count).sum(),
        leads: funnel.leads.iter().map(|row| row.count).sum(),
        outcomes: outcomes.map(|row| row.count).sum(),
        cases: funnel.cases.iter().map(|row| row.count).sum(),
        fairness: statistics_of(&mut tx, from, to, now).await?,
    })
}

fn organisation(institution: Option<InstitutionCode>, held: HeldNumbers) -> OrganisationNumbers {
    let secs = |micros: i64| micros / 1_000_000;
    let money = held.money.into_iter();
    OrganisationNumbers {
        institution,
        money: money
            .map(|(currency, money)| MoneyNumbers {
                currency,
                prevented_minor: money.prevented,
                intercepted_minor: money.intercepted,
                stopped_minor: money.stopped,
                frozen_minor: money.frozen,
                returned_minor: money.returned,
            })
            .collect(),
        holds: held.holds,
        held_within_p50_secs: held.held_within_p50_us.map(secs),
        held_within_p95_secs: held.held_within_p95_us.map(secs),
        within_two_hours: held.within_two_hours,
        let_go: held.let_go,
    }
}
