//! What personal data is read for.

/// What somebody reads personal data for (Personal Information Protection Law art. 6: a definite purpose; GDPR art. 5(1)(b)).
/// Who names none sees it masked.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To work on a report, a lead or a case, and to stop its money.
    CaseWork,
    /// To take or to review a measure or an appeal.
    Measure,
    /// To collect, look at or hand over evidence.
    Evidence,
    /// To answer the person whose data it is.
    DataSubject,
    /// To see whether detection was right: labels, rules, models.
    Quality,
}

crate::words! { Purpose {
    CaseWork = "case_work", Measure = "measure", Evidence = "evidence", DataSubject = "data_subject", Quality = "quality",
} }
