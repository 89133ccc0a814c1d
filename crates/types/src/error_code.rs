//! Stable error codes. One table; each code has a page in `docs/errors/`.

macro_rules! error_codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $code:literal, $status:literal;)*) => {
        /// A stable error code, as in the `code` member of problem details (RFC 9457) and of `--json` errors.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($(#[doc = $doc])* $variant),* }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code's text, `area.what`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The HTTP status that goes with it (RFC 9110).
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),* }
            }

            /// What it means, in one English sentence.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim_ascii()),* }
            }
        }
    };
}

error_codes! {
    /// The request body or a parameter is malformed or out of range.
    RequestInvalid = "request.invalid", 400;
    /// The request body is larger than allowed.
    RequestTooLarge = "request.too_large", 413;
    /// The request body is not of a media type this endpoint reads.
    RequestMediaType = "request.media_type", 415;
    /// Too many requests; try again later.
    RequestTooMany = "request.too_many", 429;
    /// The method is not allowed here.
    RequestMethod = "request.method", 405;
    /// The request took too long.
    RequestTimeout = "request.timeout", 408;
    /// Nothing is here, or it may not be seen.
    NotFound = "resource.not_found", 404;
    /// The resource changed since it was read.
    Conflict = "resource.conflict", 409;
    /// Sign in first.
    SignInRequired = "auth.sign_in_required", 401;
    /// The sign-in name or password is wrong, or the account is disabled.
    SignInFailed = "auth.sign_in_failed", 401;
    /// What the identity provider answered was not accepted; sign in anew.
    OidcRefused = "auth.oidc_refused", 401;
    /// A passkey is nobody's here, or what the device signed is not what was asked for.
    PasskeyRefused = "auth.passkey_refused", 403;
    /// Nobody here is the person the identity provider named, or that person has no role.
    OidcUnknown = "auth.oidc_unknown", 403;
    /// The identity provider cannot be reached or answers what cannot be read.
    OidcUnavailable = "auth.oidc_unavailable", 503;
    /// The signed-in person's roles do not allow this.
    Forbidden = "auth.forbidden", 403;
    /// The API key's scopes do not allow this, or only a person may do it.
    ScopeMissing = "auth.scope_missing", 403;
    /// The message's signature is missing, wrong or too old.
    SignatureInvalid = "auth.signature_invalid", 401;
    /// The cross-site request token is missing or wrong.
    CsrfInvalid = "auth.csrf_invalid", 403;
    /// Personal data is shown to those who say what they read it for.
    PurposeRequired = "auth.purpose_required", 403;
    /// The idempotency key was used before with another request.
    IdempotencyMismatch = "idempotency.mismatch", 422;
    /// A request with this idempotency key is still being worked on.
    IdempotencyInProgress = "idempotency.in_progress", 409;
    /// The identifier is not one of a stored report.
    ReportNotFound = "report.not_found", 404;
    /// The report breaks a rule of the form.
    ReportInvalid = "report.invalid", 422;
    /// The report's state does not allow this step.
    ReportState = "report.state", 409;
    /// There is no such lead, or it may not be seen.
    LeadNotFound = "lead.not_found", 404;
    /// The lead's state does not allow this step.
    LeadState = "lead.state", 409;
    /// The identifier is not one of a stored case.
    CaseNotFound = "case.not_found", 404;
    /// None of the case's payments is in the institutions' records.
    CaseNoPayments = "case.no_payments", 409;
    /// The case's state does not allow this step.
    CaseState = "case.state", 409;
    /// What came of the case's lead is not on record yet.
    CaseLeadOpen = "case.lead_open", 409;
    /// The identifier is not one of a stored plan.
    PlanNotFound = "plan.not_found", 404;
    /// A newer plan took this one's place, or it is already decided.
    PlanState = "plan.state", 409;
    /// The identifier is not one of a stored order.
    OrderNotFound = "order.not_found", 404;
    /// The order breaks a rule of content.
    OrderInvalid = "order.invalid", 422;
    /// The order's state does not allow this step.
    OrderState = "order.state", 409;
    /// The person who drafted an order cannot approve it.
    OrderSamePerson = "order.same_person", 403;
    /// An order needs an authority reference unless it is an emergency stop.
    OrderNoAuthority = "order.no_authority", 422;
    /// The account was stopped as often as the rules allow.
    OrderStopLimit = "order.stop_limit", 409;
    /// The identifier or claim code is not one of a stored measure.
    MeasureNotFound = "measure.not_found", 404;
    /// The measure breaks a rule.
    MeasureInvalid = "measure.invalid", 422;
    /// The measure's state does not allow this step.
    MeasureState = "measure.state", 409;
    /// The identifier is not one of a stored appeal.
    AppealNotFound = "appeal.not_found", 404;
    /// The appeal breaks a rule of the form.
    AppealInvalid = "appeal.invalid", 422;
    /// The appeal's state does not allow this step, or another appeal is open.
    AppealState = "appeal.state", 409;
    /// Whoever had a part in a measure does not review it.
    AppealSamePerson = "appeal.same_person", 403;
    /// The time to appeal is over.
    AppealTooLate = "appeal.too_late", 409;
    /// The identifier is not one of a stored batch of measures.
    BatchNotFound = "batch.not_found", 404;
    /// The batch's state does not allow this step.
    BatchState = "batch.state", 409;
    /// The person who asked for a batch cannot approve it.
    BatchSamePerson = "batch.same_person", 403;
    /// The institution is not registered or has no order endpoint.
    InstitutionUnknown = "institution.unknown", 404;
    /// The institution's endpoint address is not allowed.
    InstitutionEndpoint = "institution.endpoint", 422;
    /// A payment with this reference is stored with other content.
    PaymentConflict = "payment.conflict", 409;
    /// The payment is malformed.
    PaymentInvalid = "payment.invalid", 422;
    /// The payment named is not stored.
    PaymentNotFound = "payment.not_found", 404;
    /// The account named is in no stored payment.
    AccountNotFound = "account.not_found", 404;
    /// The event does not fit the schema of the live policy.
    EventInvalid = "event.invalid", 422;
    /// An event with this id is known with other content.
    EventConflict = "event.conflict", 409;
    /// No event with this id is known.
    EventNotFound = "event.not_found", 404;
    /// The policy has errors.
    PolicyInvalid = "policy.invalid", 422;
    /// No version of the policy has this hash.
    PolicyNotFound = "policy.not_found", 404;
    /// The state of the policies does not allow this step.
    PolicyState = "policy.state", 409;
    /// The person who asked for a change of policy cannot approve it.
    PolicySamePerson = "policy.same_person", 403;
    /// No policy is live, so nothing can be decided.
    PolicyNoneLive = "policy.none_live", 409;
    /// The audit tree and the record do not agree.
    AuditBroken = "audit.broken", 500;
    /// The record named is not in the audit tree.
    AuditNotFound = "audit.not_found", 404;
    /// A drill found a promise broken.
    DrillBroken = "drill.broken", 500;
    /// The identifier is not one of a stored item of evidence.
    EvidenceNotFound = "evidence.not_found", 404;
    /// The evidence breaks a rule of collecting or of its record.
    EvidenceInvalid = "evidence.invalid", 422;
    /// Evidence is collected by two different people.
    EvidenceSamePerson = "evidence.same_person", 403;
    /// The item's state or holder does not allow this step.
    EvidenceState = "evidence.state", 409;
    /// The evidence package is not what was signed.
    EvidenceBroken = "evidence.broken", 500;
    /// The data folder or its database is in use by another process.
    DataInUse = "data.in_use", 409;
    /// The data folder or a file in it is damaged.
    DataDamaged = "data.damaged", 500;
    /// Something failed inside; the log has the details.
    Internal = "internal.failed", 500;
    /// Stanch is starting, stopping or overloaded.
    Unavailable = "internal.unavailable", 503;
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique() {
        let codes: std::collections::BTreeSet<_> =
            ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), ErrorCode::ALL.len());
    }
}
