use proptest::prelude::*;

use super::*;

fn refused<T: FromStr>(text: &str) -> bool {
    text.parse::<T>().is_err()
}

#[test]
fn debug_never_shows_the_value() {
    let account: AccountNumber = "6222021234567890128".parse().unwrap();
    assert_eq!(format!("{account:?}"), "AccountNumber(***************0128)");
    let card: BankCardNumber = "6222021234567890128".parse().unwrap();
    assert_eq!(format!("{card:?}"), "BankCardNumber(622202*********0128)");
    let phone: PhoneNumber = "138 0013-8000".parse().unwrap();
    assert_eq!(format!("{phone:?}"), "PhoneNumber(+86138******00)");
    let name: PersonName = " 王小明 ".parse().unwrap();
    assert_eq!(format!("{name:?}"), "PersonName(王**)");
    let resident: ResidentId = "11010519491231002x".parse().unwrap();
    assert_eq!(format!("{resident:?}"), "ResidentId(11**************2X)");
    let code: CreditCode = "91350200MA0000007F".parse().unwrap();
    assert_eq!(format!("{code:?}"), "CreditCode(91350200********7F)");
    let handle: Handle = "@Someone".parse().unwrap();
    assert_eq!(format!("{handle:?}"), "Handle(so*****)");
    assert_eq!(
        format!("{:?}", phone.normalised_key()),
        "MatchKey(phone:***)"
    );
    assert_eq!(
        format!("{:?}", Secret::new("whsec_abc".into())),
        "Secret(***)"
    );
    assert_eq!("7".parse::<AccountNumber>().unwrap().masked(), "*");
}

#[test]
fn errors_never_show_the_value() {
    let error = "1380013800O".parse::<PhoneNumber>().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("13800"), "{error:?}");
}

#[test]
fn phones_are_normalised() {
    for text in [
        "13800138000",
        "+86 138 0013 8000",
        "0086 138-0013-8000",
        "8613800138000",
        "１３８００１３８０００",
        "一三八零零一三八〇〇零",
        "幺三八零零幺三八零零零",
        "壹叁捌零零壹叁捌零零零",
        "1\u{fe0f}\u{20e3}3\u{fe0f}\u{20e3}8\u{fe0f}\u{20e3}00138000",
        "①③⑧⓪⓪①③⑧⓪⓪⓪",
        "➊➌➑00➀➂➇000",
        "138\u{200b}0013\u{2060}8000",
        "(138) 0013–8000",
    ] {
        assert_eq!(
            text.parse::<PhoneNumber>().map(|p| p.expose().to_owned()),
            Ok("+8613800138000".to_owned()),
            "{text}"
        );
    }
    for (text, normal) in [
        ("+442071838750", "+442071838750"),
        ("0044 20 7183 8750", "+442071838750"),
        ("0592-2138000", "+865922138000"),
        ("010 8888 8888", "+861088888888"),
        ("+86 10 8888 8888", "+861088888888"),
    ] {
        assert_eq!(
            text.parse::<PhoneNumber>().unwrap().expose(),
            normal,
            "{text}"
        );
    }
    for text in [
        "",
        "+",
        "110",
        "110x",
        "12800138000",
        "+86 128 0013 8000",
        "+0123456789",
        "1380013800",
        "138001380000",
        "+8613800",
        "0123456789",
        "+1234567890123456",
    ] {
        assert!(refused::<PhoneNumber>(text), "{text}");
    }
}

#[test]
fn well_known_short_numbers() {
    assert_eq!(
        ShortNumber::lookup("９６１１０"),
        Some(ShortNumber::Dissuasion)
    );
    assert_eq!(ShortNumber::lookup("1-1-0"), Some(ShortNumber::Police));
    assert_eq!(
        ShortNumber::lookup("一二三八一"),
        Some(ShortNumber::WarningText)
    );
    assert_eq!(ShortNumber::lookup("12321"), Some(ShortNumber::SpamReport));
    assert_eq!(
        ShortNumber::lookup("12377"),
        Some(ShortNumber::ContentReport)
    );
    assert_eq!(ShortNumber::lookup("96111"), None);
}

#[test]
fn account_numbers_keep_leading_zeros_and_refuse_junk() {
    assert_eq!("007 1".parse::<AccountNumber>().unwrap().expose(), "0071");
    for text in [
        "",
        " ",
        "a\0b",
        "12345678901234567890123456789012345",
        "一二",
    ] {
        assert!(refused::<AccountNumber>(text), "{text:?}");
    }
}

#[test]
fn card_numbers() {
    let card: BankCardNumber = "6222 0212 3456 7890 128".parse().unwrap();
    assert!(card.is_union_pay());
    assert_eq!(card.issuer(), "62220212");
    for text in [
        "",
        "6222021234567890127",
        "622202123456",
        "62220212345678901280",
        "6222x21234567890128",
    ] {
        assert!(refused::<BankCardNumber>(text), "{text}");
    }
    // An account number that is no card is still an account number.
    let account: AccountNumber = "6222021234567890127".parse().unwrap();
    assert_eq!(
        account.normalised_key().expose(),
        "account:6222021234567890127"
    );
}

#[test]
fn resident_ids() {
    for text in [
        "350203198001010005",
        "500112199912319998",
        "11010519491231002X",
        "１１０１０５１９４９１２３１００２ｘ",
    ] {
        assert!(!refused::<ResidentId>(text), "{text}");
    }
    let id: ResidentId = "350203198001010005".parse().unwrap();
    assert_eq!(
        (id.region().unwrap().to_string().as_str(), id.birth_year()),
        ("350203", Some(1980))
    );
    for text in [
        "",
        "35020319800101000",
        "3502031980010100055",
        "350203198001010006",
        "11010519491231002Y",
        "X50203198001010005",
    ] {
        assert!(refused::<ResidentId>(text), "{text}");
    }
    let why = |body: &str| {
        with_resident_check(body)
            .parse::<ResidentId>()
            .unwrap_err()
            .why
    };
    assert_eq!(why("99010119800101000"), "no region has its first digits");
    assert_eq!(why("35020319800230000"), "the date of birth does not exist");
    assert_eq!(why("35020317000101000"), "the date of birth does not exist");
    for body in [
        "83000019800101001",
        "91112419810803002",
        "81000019800101001",
    ] {
        assert!(!refused::<ResidentId>(&with_resident_check(body)), "{body}");
    }
}

#[test]
fn credit_and_organisation_codes() {
    let code: CreditCode = "91350200ma0000007f".parse().unwrap();
    assert_eq!(code.expose(), "91350200MA0000007F");
    assert_eq!(code.organisation().expose(), "MA0000007");
    assert_eq!("MA000000-7".parse(), Ok(code.organisation()));
    assert_eq!(code.region().unwrap().province(), 35);
    for text in [
        "",
        "91350200MA0000007G",
        "91350200MA000000F7",
        "9135O200MA0000007F",
        "91350200MA0000007FF",
    ] {
        assert!(refused::<CreditCode>(text), "{text}");
    }
    assert!(refused::<OrganisationCode>("MA0000008"));
}

#[test]
fn region_codes() {
    let county: RegionCode = "350203".parse().unwrap();
    assert_eq!(
        (county.province(), county.city(), county.is_province()),
        (35, 3502, false)
    );
    assert!("350000".parse::<RegionCode>().unwrap().is_province());
    for text in [
        "", "35020", "3502030", "160000", "000000", "350003", "35020x",
    ] {
        assert!(refused::<RegionCode>(text), "{text}");
    }
}

#[test]
fn domain_names_and_handles() {
    for (text, normal) in [
        ("Example.COM.", "example.com"),
        ("例子。中国", "xn--fsqu00a.xn--fiqs8s"),
        (" ＷＷＷ．example．com ", "www.example.com"),
    ] {
        assert_eq!(
            text.parse::<DomainName>().unwrap().as_str(),
            normal,
            "{text}"
        );
    }
    for text in [
        "",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "a..b",
        "-a.com",
        "a b.com",
        "http://a.com",
    ] {
        assert!(refused::<DomainName>(text), "{text}");
    }
    assert_eq!(" @ＳomeOne ".parse::<Handle>().unwrap().expose(), "someone");
    for text in ["", "@", " ", "a\u{0}b"] {
        assert!(refused::<Handle>(text), "{text:?}");
    }
}

#[test]
fn one_thing_has_one_key() {
    let key = |text: &str| text.parse::<PhoneNumber>().unwrap().normalised_key();
    assert_eq!(key("一三八零零一三八零零零"), key("+86 138 0013 8000"));
    assert_eq!(key("13800138000").expose(), "phone:8613800138000");
    let account: AccountNumber = "6222 0212 3456 7890 128".parse().unwrap();
    let card: BankCardNumber = "6222-0212-3456-7890-128".parse().unwrap();
    assert_eq!(account.normalised_key(), card.normalised_key());
    assert_eq!(card.normalised_key().expose(), "card:6222021234567890128");
    assert_eq!(
        "Example.com"
            .parse::<DomainName>()
            .unwrap()
            .normalised_key()
            .expose(),
        "domain:example.com"
    );
    assert_eq!(
        "@A".parse::<Handle>().unwrap().normalised_key().expose(),
        "handle:a"
    );
}

fn with_resident_check(body: &str) -> String {
    let checks = "10X98765432";
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body
        .chars()
        .zip(weights)
        .map(|(c, w)| c.to_digit(10).unwrap() * w)
        .sum();
    format!("{body}{}", checks.chars().nth((sum % 11) as usize).unwrap())
}

/// Every text that differs from `text` in one character, taken from `alphabet`.
fn single_changes<'a>(text: &'a str, alphabet: &'a str) -> impl Iterator<Item = String> + 'a {
    text.char_indices().flat_map(move |(at, old)| {
        alphabet
            .chars()
            .filter(move |new| *new != old)
            .map(move |new| {
                let mut changed = text.to_owned();
                changed.replace_range(at..at + old.len_utf8(), new.encode_utf8(&mut [0; 4]));
                changed
            })
    })
}

prop_compose! {
    fn resident_id()(year in 1900_u32..2026, month in 1_u32..=12, day in 1_u32..=28, sequence in 0_u32..1000) -> String {
        with_resident_check(&format!("350203{year:04}{month:02}{day:02}{sequence:03}"))
    }
}

prop_compose! {
    fn card_number()(body in "62[0-9]{10,16}") -> String {
        (0..10).map(|check| format!("{body}{check}")).find(|number| number.parse::<BankCardNumber>().is_ok()).unwrap()
    }
}

prop_compose! {
    fn credit_code()(register in "[159][1239]", organisation in "[0-9A-HJ-NP-RTUWXY]{8}") -> String {
        let organisation = (b'0'..=b'9').chain([b'X']).map(|check| format!("{organisation}{}", char::from(check)))
            .find(|code| code.parse::<OrganisationCode>().is_ok()).unwrap();
        "0123456789ABCDEFGHJKLMNPQRTUWXY".chars().map(|check| format!("{register}350203{organisation}{check}"))
            .find(|code| code.parse::<CreditCode>().is_ok()).unwrap()
    }
}

proptest! {
    #[test]
    fn resident_ids_round_trip_and_refuse_one_wrong_character(text in resident_id()) {
        let id: ResidentId = text.parse().unwrap();
        prop_assert_eq!(id.expose(), &text);
        for changed in single_changes(&text, "0123456789X") {
            prop_assert!(refused::<ResidentId>(&changed), "{}", changed);
        }
    }

    #[test]
    fn card_numbers_round_trip_and_refuse_one_wrong_digit(text in card_number()) {
        let card: BankCardNumber = text.parse().unwrap();
        prop_assert_eq!(card.expose(), &text);
        for changed in single_changes(&text, "0123456789") {
            prop_assert!(refused::<BankCardNumber>(&changed), "{}", changed);
        }
    }

    #[test]
    fn credit_codes_round_trip_and_refuse_one_wrong_character(text in credit_code()) {
        let code: CreditCode = text.parse().unwrap();
        prop_assert_eq!(code.expose(), &text);
        for changed in single_changes(&text, "0123456789ABCDEFGHJKLMNPQRTUWXY") {
            prop_assert!(refused::<CreditCode>(&changed), "{}", changed);
        }
    }

    #[test]
    fn mobiles_round_trip(digits in "1[3-9][0-9]{9}") {
        let phone: PhoneNumber = digits.parse().unwrap();
        prop_assert_eq!(phone.expose(), format!("+86{digits}"));
        prop_assert_eq!(phone.expose().parse::<PhoneNumber>(), Ok(phone.clone()));
        prop_assert!(phone.is_mainland_mobile());
        let shown = format!("{phone:?}");
        prop_assert!(!shown.contains(&digits));
    }

    #[test]
    fn normalising_twice_changes_nothing(text in "\\PC{0,24}") {
        if let Ok(value) = text.parse::<PhoneNumber>() {
            prop_assert_eq!(value.expose().parse(), Ok(value.clone()));
        }
        if let Ok(value) = text.parse::<AccountNumber>() {
            prop_assert_eq!(value.expose().parse(), Ok(value.clone()));
        }
        if let Ok(value) = text.parse::<Handle>() {
            prop_assert_eq!(value.expose().parse(), Ok(value.clone()));
        }
        if let Ok(value) = text.parse::<DomainName>() {
            prop_assert_eq!(value.as_str().parse(), Ok(value.clone()));
        }
        if let Ok(value) = text.parse::<PersonName>() {
            prop_assert_eq!(value.expose().parse(), Ok(value.clone()));
        }
    }
}
