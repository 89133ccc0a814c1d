//! What a search goes through.

/// A kind of record that is searched.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SearchKind {
    /// Reports.
    Report,
    /// Leads.
    Lead,
    /// Cases.
    Case,
    /// Orders.
    Order,
    /// Measures.
    Measure,
    /// Appeals.
    Appeal,
    /// Items of evidence.
    Evidence,
    /// Notes on cases.
    Note,
    /// Tasks.
    Task,
    /// Operations.
    Operation,
}

crate::words! { SearchKind {
    Report = "report", Lead = "lead", Case = "case", Order = "order", Measure = "measure", Appeal = "appeal",
    Evidence = "evidence", Note = "note", Task = "task", Operation = "operation",
} }

impl SearchKind {
    /// The kind of the record with this identifier, by its prefix; none if such records are not searched.
    #[must_use]
    pub fn of_id(id: &str) -> Option<Self> {
        id.split_once('_')?.0.parse().ok()
    }
}
