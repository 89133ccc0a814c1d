//! Values are read from borrowed and from owned input alike.

use serde::de::DeserializeOwned;
use stanch_types::personal::{
    AccountNumber, BankCardNumber, CreditCode, DomainName, Handle, OrganisationCode, PersonName,
    PhoneNumber, RegionCode, ResidentId,
};
use stanch_types::{CaseId, Currency, InstitutionCode, Payment, Timestamp};

fn reads_everywhere<T: DeserializeOwned + PartialEq + std::fmt::Debug>(json: &str) {
    let borrowed: T = serde_json::from_str(json).unwrap();
    let from_reader: T = serde_json::from_reader(json.as_bytes()).unwrap();
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    let from_value: T = serde_json::from_value(value).unwrap();
    assert_eq!(borrowed, from_reader);
    assert_eq!(borrowed, from_value);
}

#[test]
fn borrowed_and_owned_input_alike() {
    reads_everywhere::<CaseId>(r#""case_018f0000000070008000000000000000""#);
    reads_everywhere::<Timestamp>(r#""2026-03-01T16:00:01.668Z""#);
    // An escape forces serde_json to hand over an owned text.
    reads_everywhere::<Timestamp>(r#""2026-03-01\u005416:00:01Z""#);
    reads_everywhere::<Currency>(r#""CN\u0059""#);
    reads_everywhere::<InstitutionCode>(r#""BK01""#);
    reads_everywhere::<AccountNumber>(r#""62 22""#);
    reads_everywhere::<BankCardNumber>(r#""6222021234567890128""#);
    reads_everywhere::<PhoneNumber>(r#""\u4e00三八零零一三八零零零""#);
    reads_everywhere::<PersonName>(r#""王小明""#);
    reads_everywhere::<ResidentId>(r#""11010519491231002X""#);
    reads_everywhere::<CreditCode>(r#""91350200MA0000007F""#);
    reads_everywhere::<OrganisationCode>(r#""MA0000007""#);
    reads_everywhere::<RegionCode>(r#""350203""#);
    reads_everywhere::<DomainName>(r#""例子.中国""#);
    reads_everywhere::<Handle>(r#""@someone""#);
    reads_everywhere::<Payment>(
        r#"{"tx_id":"T1","occurred_at":"2026-03-01T16:00:01Z","from":{"institution":"BK01","account":"1"},
            "to":{"institution":"BK02","account":"2"},"amount":{"minor":1,"currency":"CNY"},"channel":"transfer"}"#,
    );
}

#[test]
fn wrong_json_types_are_refused() {
    assert!(serde_json::from_str::<CaseId>("7").is_err());
    assert!(serde_json::from_str::<Timestamp>("null").is_err());
    assert!(serde_json::from_str::<Timestamp>("1772380801668").is_err());
    assert!(serde_json::from_str::<PhoneNumber>("13800138000").is_err());
}

#[test]
fn a_refused_value_is_not_in_the_error() {
    let error = serde_json::from_str::<ResidentId>(r#""350203198001010006""#).unwrap_err();
    assert!(!error.to_string().contains("35020319800101"), "{error}");
}
