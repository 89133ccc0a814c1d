//! What a case is about, as keys for merging and linking.
//!
//! The same payment means the same case. The same suspect means two cases that people should look at together, never
//! one: an account or a name can be used by many. A reporter who gave the data for this case only is not matched.

use stanch_store::{CaseKey, CaseKeyKind, Tx};
use stanch_types::case::Case;
use stanch_types::personal::{DomainName, Handle, PhoneNumber};
use stanch_types::report::{Consent, ReportContent};

use crate::error::CaseworkError;
use crate::report::open_cases;

/// Says that the cases of earlier versions have their keys.
const INDEXED: &str = "case_keys.indexed";
/// Most reports of an earlier case that give keys.
const REPORTS_MAX: i64 = 1_000;

/// The keys of the victims' payments.
pub(crate) fn payment_keys(tx_ids: &[String]) -> Vec<CaseKey> {
    tx_ids
        .iter()
        .map(|tx_id| CaseKey::new(CaseKeyKind::Payment, tx_id))
        .collect()
}

/// The keys of what the reporter tells of suspects; none unless the reporter lets it be matched.
pub(crate) fn suspect_keys(content: &ReportContent) -> Vec<CaseKey> {
    match content.consent {
        Consent::ThisCase => return Vec::new(),
        Consent::Matching => {}
    }
    let mut keys: Vec<CaseKey> = content
        .payments
        .iter()
        .map(|payment| {
            let number = payment.to.account.normalised_key();
            let normal = format!("{} {}", payment.to.institution, number.expose());
            CaseKey::new(CaseKeyKind::Account, &normal)
        })
        .collect();
    keys.extend(content.counterpart.as_deref().and_then(counterpart_key));
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// A phone number, else a site, else a name on a platform.
fn counterpart_key(counterpart: &str) -> Option<CaseKey> {
    if let Ok(phone) = counterpart.parse::<PhoneNumber>() {
        let key = phone.normalised_key();
        return Some(CaseKey::new(CaseKeyKind::Phone, key.expose()));
    }
    let host = counterpart
        .trim()
        .split_once("://")
        .map_or(counterpart, |(_, rest)| rest);
    let host = host.split(['/', '?', '#', ':']).next().unwrap_or_default();
    if host.contains('.')
        && let Ok(domain) = host.parse::<DomainName>()
    {
        let key = domain.normalised_key();
        return Some(CaseKey::new(CaseKeyKind::Domain, key.expose()));
    }
    let handle: Handle = counterpart.parse().ok()?;
    let key = handle.normalised_key();
    Some(CaseKey::new(CaseKeyKind::Handle, key.expose()))
}

/// The most urgent, longest open case that has one of these payments.
pub(crate) async fn case_with(
    tx: &mut Tx,
    tx_ids: &[String],
) -> Result<Option<Case>, CaseworkError> {
    index_earlier_cases(tx).await?;
    let mut found: Option<Case> = None;
    for tx_id in tx_ids {
        let other = tx.case_of_payment(tx_id).await?;
        let rank = |case: &Case| (case.priority, case.opened_at, case.id);
        if let Some(other) = other
            && found.as_ref().is_none_or(|case| rank(&other) < rank(case))
        {
            found = Some(other);
        }
    }
    Ok(found)
}

/// Gives the open cases of a record of an earlier version their keys, once.
async fn index_earlier_cases(tx: &mut Tx) -> Result<(), CaseworkError> {
    if tx.counter(INDEXED).await? > 0 {
        return Ok(());
    }
    for case in open_cases(tx).await? {
        tx.add_case_keys(case.id, &payment_keys(&case.victim_payments))
            .await?;
        for report in tx.reports_of_case(case.id, REPORTS_MAX).await? {
            tx.add_case_keys(case.id, &suspect_keys(&report.content))
                .await?;
        }
    }
    tx.raise_counter(INDEXED, 1).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_of_a_counterpart_are_one() {
        let same = [
            ("138 0013 8000", "+86-13800138000", CaseKeyKind::Phone),
            (
                "https://Fast-Gold.example/pay?x=1",
                "fast-gold.example",
                CaseKeyKind::Domain,
            ),
            ("@Ｌi Ming ", "li ming", CaseKeyKind::Handle),
        ];
        for (one, other, kind) in same {
            let key = counterpart_key(one);
            assert_eq!(key, counterpart_key(other), "{one}");
            let normal = match kind {
                CaseKeyKind::Phone => "phone:8613800138000",
                CaseKeyKind::Domain => "domain:fast-gold.example",
                CaseKeyKind::Handle => "handle:li ming",
                CaseKeyKind::Payment | CaseKeyKind::Account => "",
            };
            assert_eq!(key, Some(CaseKey::new(kind, normal)), "{one}");
        }
        assert_ne!(
            counterpart_key("13800138000"),
            counterpart_key("13800138001")
        );
    }
}
