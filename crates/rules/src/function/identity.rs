//! Functions of identity, phone and card numbers. What a number tells about a person beyond region, birth date
//! and validity is left unread on purpose.

use std::borrow::Cow;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use stanch_types::personal::{BankCardNumber, PhoneNumber, ResidentId};

use super::form::{accepts, argument, functions, is_constant, is_regional, returns};
use super::time::instant;

functions! {
    /// Whether `text` is a valid resident identity number (GB 11643: check character, region, date).
    ID_CARD_VALID = "id_card_valid" ["id_card_valid(\"11010519491231002X\")" => "true"] {
        (text: String) -> Bool = id_card(text).is_some();
    }

    /// Two digits of the province that issued a resident identity number (`11` is Beijing); missing when the
    /// number is not valid or has no region.
    @regional ID_CARD_PROVINCE = "id_card_province" ["id_card_province(\"11010519491231002X\")" => "\"11\""] {
        (text: String) -> String = id_card(text)?.region().map(|region| region.province().to_string());
    }

    /// Four digits of the city that issued a resident identity number; missing as `id_card_province` is.
    @regional ID_CARD_CITY = "id_card_city" ["id_card_city(\"11010519491231002X\")" => "\"1101\""] {
        (text: String) -> String = id_card(text)?.region().map(|region| region.city().to_string());
    }

    /// Date of birth of a resident identity number as `YYYY-MM-DD`; missing when it is not valid.
    ID_CARD_BIRTH_DATE = "id_card_birth_date" ["id_card_birth_date(\"11010519491231002X\")" => "\"1949-12-31\""] {
        (text: String) -> String = birth_date(text).map(|date| date.to_string());
    }

    /// Full years of age at an instant, by the calendar of Shanghai; missing when the number is not valid or the
    /// person was not born by then.
    ID_CARD_AGE = "id_card_age"
        ["id_card_age(\"11010519491231002X\", timestamp(\"2026-03-01T00:00:00Z\"))" => "76"] {
        (text: String, at: Timestamp) -> Int = age(birth_date(text)?, at);
    }

    /// Whether `text` is a phone number: E.164, or a mainland mobile or fixed line without `+86`.
    PHONE_VALID = "phone_valid" ["phone_valid(\"138 0013 8000\")" => "true"] {
        (text: String) -> Bool = phone(text).is_some();
    }

    /// Country calling code of a phone number without `+` (`86`, `852`, `1`); missing when it is not valid.
    @regional PHONE_COUNTRY = "phone_country" ["phone_country(\"+85291234567\")" => "\"852\""] {
        (text: String) -> String = calling_code(&phone(text)?).map(str::to_owned);
    }

    /// Whether a phone number is a mainland mobile; missing when it is no phone number.
    @regional IS_MAINLAND_MOBILE = "is_mainland_mobile" ["is_mainland_mobile(\"13800138000\")" => "true"] {
        (text: String) -> Bool = phone(text).map(|number| number.starts_with("861") && number.len() == 13);
    }

    /// Whether a mainland mobile is of a virtual operator (162, 165, 167, 170, 171); missing when it is no phone
    /// number, false for numbers of other countries.
    IS_VIRTUAL_OPERATOR = "is_virtual_operator" ["is_virtual_operator(\"17012345678\")" => "true"] {
        (text: String) -> Bool = phone(text).map(|number| is_virtual_operator(&number));
    }

    /// Whether `text` is a bank card number: 13 to 19 digits with a right check digit (Luhn). Not every account
    /// number is a card number.
    CARD_VALID = "card_valid" ["card_valid(\"6222021234567890128\")" => "true"] {
        (text: String) -> Bool = card(text).is_some();
    }

    /// The first eight digits of a card number, which name its issuer (ISO/IEC 7812-1:2017); missing when it is
    /// not a card number.
    CARD_BIN = "card_bin" ["card_bin(\"6222021234567890128\")" => "\"62220212\""] {
        (text: String) -> String = card(text)?.get(..8).map(str::to_owned);
    }

    /// Whether a card number is in UnionPay's range (62); missing when it is not a card number.
    IS_UNION_PAY = "is_union_pay" ["is_union_pay(\"6222021234567890128\")" => "true"] {
        (text: String) -> Bool = card(text).map(|digits| digits.starts_with("62"));
    }
}

fn id_card(text: &str) -> Option<ResidentId> {
    text.parse().ok()
}

fn birth_date(text: &str) -> Option<Date> {
    let card = id_card(text)?;
    let digits = card.expose();
    let year = digits.get(6..10)?.parse().ok()?;
    let month = digits.get(10..12)?.parse().ok()?;
    let day = digits.get(12..14)?.parse().ok()?;
    Date::new(year, month, day).ok()
}

/// Full years from `born` to the date of `at` in Shanghai (UTC+8 since 1991, and the calendar that identity
/// cards are read by).
fn age(born: Date, at: i64) -> Option<i64> {
    let zone = TimeZone::fixed(jiff::tz::offset(8));
    let today = instant(at)?.to_zoned(zone).date();
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    let years = i64::from(today.year()) - i64::from(born.year()) - i64::from(!had_birthday);
    (today >= born).then_some(years)
}

/// Digits of a phone number in international form, without `+`. Plain mainland mobiles, which are most, skip the
/// reading of odd spellings.
pub(crate) fn phone(text: &str) -> Option<Cow<'_, str>> {
    match text.as_bytes() {
        [b'1', b'3'..=b'9', rest @ ..]
            if rest.len() == 9 && rest.iter().all(u8::is_ascii_digit) =>
        {
            Some(Cow::Owned(format!("86{text}")))
        }
        [b'+', b'8', b'6', b'1', b'3'..=b'9', rest @ ..]
            if rest.len() == 9 && rest.iter().all(u8::is_ascii_digit) =>
        {
            text.get(1..).map(Cow::Borrowed)
        }
        _ => {
            let number: PhoneNumber = text.parse().ok()?;
            number
                .expose()
                .get(1..)
                .map(|digits| Cow::Owned(digits.to_owned()))
        }
    }
}

/// The country calling code at the head of international digits: one digit for 1 and 7, two for the codes listed,
/// else three (ITU-T E.164 list of assigned country codes).
fn calling_code(digits: &str) -> Option<&str> {
    const TWO_DIGITS: &[&str] = &[
        "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46",
        "47", "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63",
        "64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
    ];
    if digits.starts_with(['1', '7']) {
        return digits.get(..1);
    }
    let two = digits.get(..2)?;
    if TWO_DIGITS.binary_search(&two).is_ok() {
        Some(two)
    } else {
        digits.get(..3)
    }
}

fn is_virtual_operator(digits: &str) -> bool {
    // Ministry of industry numbering plan: segments given to mobile resellers.
    const SEGMENTS: [&str; 5] = ["86162", "86165", "86167", "86170", "86171"];
    digits.len() == 13 && SEGMENTS.iter().any(|segment| digits.starts_with(segment))
}

/// Digits of a valid card number.
fn card(text: &str) -> Option<String> {
    let number: BankCardNumber = text.parse().ok()?;
    Some(number.expose().to_owned())
}

#[cfg(test)]
mod tests {
    use stanch_types::Timestamp;

    use super::*;

    #[test]
    fn the_short_way_reads_phones_as_the_long_way_does() {
        for text in [
            "13800138000",
            "+8613800138000",
            "8613800138000",
            "12800138000",
            "1380013800",
            "+85291234567",
            "+14155552671",
            "010-88886666",
            "１３８００１３８０００",
            "hello",
            "",
            "+86138001380001",
        ] {
            let long = text
                .parse::<PhoneNumber>()
                .ok()
                .map(|number| number.expose().trim_start_matches('+').to_owned());
            assert_eq!(phone(text).map(Cow::into_owned), long, "{text}");
        }
    }

    #[test]
    fn years_are_full_on_the_birthday_in_shanghai() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_micros();
        let born = Date::new(2000, 2, 29).unwrap();
        assert_eq!(age(born, at("2018-02-28T15:59:59Z")), Some(17));
        assert_eq!(
            age(born, at("2018-02-28T16:00:00Z")),
            Some(18),
            "1 March there"
        );
        assert_eq!(age(born, at("1999-01-01T00:00:00Z")), None);
    }

    #[test]
    fn calling_codes_have_one_to_three_digits() {
        for (digits, code) in [
            ("14155552671", "1"),
            ("74951234567", "7"),
            ("8613800138000", "86"),
            ("85291234567", "852"),
            ("959123456", "95"),
            ("855123456", "855"),
        ] {
            assert_eq!(calling_code(digits), Some(code));
        }
    }
}
