use proptest::prelude::*;

use super::super::fold::{Folder, Views};
use super::*;

fn found(text: &str) -> Vec<Found> {
    let mut folder = Folder::new(Views::Sound);
    let folded = folder.fold(text).expect("short");
    let mut found = Vec::new();
    ContactFinder::new().find(text, folded, &mut found);
    found
}

#[test]
fn personal_data_prints_masked() {
    let text = "加QQ 1234567890 电话13800138000 卡号6222021234567890128 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed \
                微信 lucky_2024 身份证11010519491231002X someone@example.com https://wa.me/8613800138001";
    let found = found(text);
    assert_eq!(found.len(), 8, "{found:?}");
    let printed = format!("{found:?}");
    for secret in [
        "1234567890",
        "13800138000",
        "6222021234567890128",
        "1beaed",
        "2024",
        "11010519491231002",
    ] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}

#[test]
fn diversions_lead_to_other_platforms() {
    let text = "私信看主页，加薇：lucky2024abc，QQ 12345678，赚3000元";
    let found = found(text);
    let led: Vec<_> = diversions(&found, Platform::Qq).collect();
    assert_eq!(led.len(), 1, "{led:?}");
    let first = led.first().expect("one");
    assert_eq!((first.from, first.to), (Platform::Qq, Platform::WeChat));
    assert_eq!(first.contact.expose(), "lucky2024abc");
    assert_eq!(first.carrier.map(|carrier| carrier.of(text)), Some("加薇"));
    assert_eq!(diversions(&found, Platform::Douyin).count(), 2);
}

#[test]
fn finds_are_bounded() {
    let phones = "13800138000，".repeat(CONTACTS_MAX + 5);
    assert_eq!(found(&phones).len(), CONTACTS_MAX);
    // Nothing here is a contact; all of it looks like the start of one.
    for hostile in [
        "1 ", "1", "q1", "加v", "a.", "a@", "加q裙", "0x", "一", "http://", "微信a1",
    ] {
        let text = hostile.repeat(200_000 / hostile.len());
        assert!(found(&text).len() <= CONTACTS_MAX, "{hostile}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in "\\PC{0,60}|[0-9一二三 .加vq薇扣@:/a-c点。com✈-]{0,60}") {
        let mut last = 0;
        for found in found(&text) {
            prop_assert!(last <= found.span.start && found.span.start < found.span.end);
            prop_assert!(text.get(found.span.start as usize..found.span.end as usize).is_some());
            if let Some(carrier) = found.carrier {
                prop_assert!(text.get(carrier.start as usize..carrier.end as usize).is_some());
            }
            last = found.span.end;
        }
    }
}
