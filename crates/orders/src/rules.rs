//! What an order may say: the rules of form, and those of domain reference 2.2 that need nothing but the order.

use stanch_types::order::{HoldScope, OrderContent, OrderKind};
use stanch_types::{Amount, Payment};

use crate::error::Finding;

/// Most characters of a reason.
pub const REASON_CHARS_MAX: usize = 500;
/// Fewest characters of the reason for holding a whole account (rule 5).
pub const WHOLE_ACCOUNT_REASON_CHARS_MIN: usize = 10;
/// Most characters of an authority's name.
pub const AUTHORITY_BODY_CHARS_MAX: usize = 140;
/// Most characters of an authority's reference.
pub const AUTHORITY_REFERENCE_CHARS_MAX: usize = 64;
/// Most characters of a fund product's name.
pub const PRODUCT_CHARS_MAX: usize = 64;

/// Every rule that `content` breaks by itself; empty if none.
#[must_use]
pub fn check_content(content: &OrderContent) -> Vec<Finding> {
    let mut findings = Vec::new();
    text(
        &mut findings,
        "/reason",
        &content.reason,
        1,
        REASON_CHARS_MAX,
    );
    check_scope(&mut findings, content);
    if let Some(authority) = &content.authority {
        let (body, reference) = (&authority.body, &authority.reference);
        text(
            &mut findings,
            "/authority/body",
            body,
            1,
            AUTHORITY_BODY_CHARS_MAX,
        );
        text(
            &mut findings,
            "/authority/reference",
            reference,
            1,
            AUTHORITY_REFERENCE_CHARS_MAX,
        );
    }
    if let Some(disputed) = &content.disputed {
        let id = &disputed.tx_id;
        let printable = id.bytes().all(|b| b.is_ascii_graphic());
        if !(1..=Payment::TX_ID_LEN_MAX).contains(&id.len()) || !printable {
            findings.push(Finding::new(
                "/disputed/tx_id",
                "it has 1 to 64 printable ASCII characters without spaces",
            ));
        }
        positive(&mut findings, "/disputed/amount/minor", disputed.amount);
    }
    match (content.kind.parent(), content.parent) {
        (None, Some(_)) => findings.push(Finding::new(
            "/parent",
            "an order of this kind stands alone and has no parent",
        )),
        (Some(_), None) if content.kind != OrderKind::Freeze => {
            findings.push(Finding::new(
                "/parent",
                "name the order that it prolongs or releases",
            ));
        }
        (Some(_) | None, None) | (Some(_), Some(_)) => {}
    }
    findings
}

fn check_scope(findings: &mut Vec<Finding>, content: &OrderContent) {
    let on_units = match content.kind {
        OrderKind::RedemptionHold | OrderKind::RedemptionRelease => true,
        OrderKind::StopPayment
        | OrderKind::StopExtension
        | OrderKind::StopRelease
        | OrderKind::Freeze
        | OrderKind::FreezeExtension
        | OrderKind::FreezeRelease => false,
    };
    match &content.scope {
        HoldScope::LimitedAmount { amount } => {
            positive(findings, "/scope/amount/minor", *amount);
        }
        HoldScope::WholeAccount { reason } => text(
            findings,
            "/scope/reason",
            reason,
            WHOLE_ACCOUNT_REASON_CHARS_MIN,
            REASON_CHARS_MAX,
        ),
        HoldScope::FundUnits {
            product,
            units_centi,
            amount,
        } => {
            text(findings, "/scope/product", product, 1, PRODUCT_CHARS_MAX);
            positive(findings, "/scope/amount/minor", *amount);
            if *units_centi <= 0 {
                findings.push(Finding::new("/scope/units_centi", "it must be more than 0"));
            }
        }
    }
    if on_units != matches!(content.scope, HoldScope::FundUnits { .. }) {
        findings.push(Finding::new(
            "/scope/mode",
            "fund units are held by redemption orders, and redemption orders hold nothing else",
        ));
    }
}

fn positive(findings: &mut Vec<Finding>, pointer: &'static str, amount: Amount) {
    if amount.is_zero() {
        findings.push(Finding::new(pointer, "it must be more than 0"));
    }
}

fn text(findings: &mut Vec<Finding>, pointer: &'static str, value: &str, min: usize, max: usize) {
    let chars = value.trim().chars().count();
    if !(min..=max).contains(&chars) || value.chars().count() > max {
        findings.push(Finding::new(
            pointer,
            format!("it has {min} to {max} characters"),
        ));
    }
    if value.chars().any(|c| c.is_control() && c != '\n') {
        findings.push(Finding::new(pointer, "control characters are not allowed"));
    }
}
