//! The index against a real record: it follows, survives, and finds what stands there now.

#![expect(clippy::unwrap_used, reason = "a failed step of a test fails the test")]

use std::path::Path;

use serde_json::json;
use stanch_search::{Found, Query, SearchIndex};
use stanch_store::{Store, StoreConfig};
use stanch_types::desk::Operation;
use stanch_types::report::Report;
use stanch_types::search::SearchKind;
use stanch_types::{Ctx, ReportId, UserId};
use tempfile::TempDir;

struct Desk {
    folder: TempDir,
    store: Store,
    ctx: Ctx,
}

impl Desk {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ctx = Ctx::system();
        let store = Store::open(&StoreConfig::sqlite(folder.path()), &ctx)
            .await
            .unwrap();
        Self { folder, store, ctx }
    }

    async fn index(&self) -> SearchIndex {
        open(&self.folder.path().join("search"), self).await
    }

    /// A report with this narrative, stored.
    async fn report(&self, narrative: &str) -> Report {
        let report = self.unstored(narrative);
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_report(&report).await.unwrap();
        tx.commit().await.unwrap();
        report
    }

    fn unstored(&self, narrative: &str) -> Report {
        let id: ReportId = self.ctx.new_id();
        let now = self.ctx.now();
        let side = |account: &str| json!({"institution": "ICBC", "account": account});
        serde_json::from_value(json!({
            "id": id, "received_at": now, "priority": "p1", "state": {"state": "received"},
            "content": {
                "reporter": {"name": "欧阳小明", "phone": "13800138000", "relation": "victim"},
                "narrative": narrative, "consent": "matching",
                "payments": [{"occurred_at": now, "amount": {"currency": "CNY", "minor": 500_000},
                    "from": side("6222021001123456789"), "to": side("6228480000000000001"), "to_name": "李四"}],
            },
        }))
        .unwrap()
    }

    async fn change(&self, report: &Report) {
        let mut tx = self.store.begin().await.unwrap();
        tx.update_report(report).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn search(&self, index: &SearchIndex, words: &str, kinds: &[SearchKind]) -> Found {
        let query = Query::parse(words).unwrap();
        let mut tx = self.store.read().await.unwrap();
        index
            .search(&mut tx, &query, kinds, None, 50)
            .await
            .unwrap()
    }

    async fn ids(&self, index: &SearchIndex, words: &str) -> Vec<String> {
        let found = self.search(index, words, SearchKind::ALL).await;
        found.hits.into_iter().map(|hit| hit.id).collect()
    }
}

async fn open(dir: &Path, desk: &Desk) -> SearchIndex {
    SearchIndex::open(dir, &desk.store, &desk.ctx)
        .await
        .unwrap()
}

/// Follows to the end and gives the number of records indexed.
async fn follow(index: &SearchIndex, desk: &Desk) -> usize {
    let mut records = 0;
    loop {
        let step = index.follow(&desk.store).await.unwrap();
        records += step.records;
        if !step.more {
            return records;
        }
    }
}

#[tokio::test]
async fn what_people_wrote_is_found_the_newest_first() {
    let desk = Desk::new().await;
    let index = desk.index().await;
    let old = desk.report("在微信群里刷单返利，对方账号ＷＸ8899").await;
    let new = desk.report("他说帮我刷单返利 wx8899").await;
    desk.report("冒充客服退款").await;
    assert_eq!(follow(&index, &desk).await, 3);
    let both = [new.id.to_string(), old.id.to_string()];
    assert_eq!(desk.ids(&index, "刷单 wx8899").await, both);
    assert_eq!(desk.ids(&index, "微信群").await, both[1..]);
    assert_eq!(desk.ids(&index, "返利刷").await, [""; 0]);
    assert_eq!(desk.ids(&index, "6222021001123456789").await.len(), 3);
    assert_eq!(
        desk.ids(&index, "1123456").await.len(),
        3,
        "a part of an account"
    );
    assert_eq!(
        desk.ids(&index, &both[1]).await,
        both[1..],
        "by its identifier"
    );
    assert_eq!(follow(&index, &desk).await, 0);
}

#[tokio::test]
async fn a_change_is_followed_and_what_is_gone_is_not_found() {
    let desk = Desk::new().await;
    let index = desk.index().await;
    let mut report = desk.report("杀猪盘").await;
    follow(&index, &desk).await;
    report.content.narrative = "虚假投资".to_owned();
    desk.change(&report).await;
    assert_eq!(
        desk.ids(&index, "杀猪盘").await,
        [""; 0],
        "not even before it is followed"
    );
    assert_eq!(follow(&index, &desk).await, 1);
    assert_eq!(desk.ids(&index, "杀猪盘").await, [""; 0]);
    assert_eq!(desk.ids(&index, "虚假投资").await, [report.id.to_string()]);
    // A change of what is not text is not indexed anew.
    report.content.still_paying = true;
    desk.change(&report).await;
    assert_eq!(follow(&index, &desk).await, 0);
    let mut tx = desk.store.read().await.unwrap();
    assert_eq!(index.behind(&mut tx).await.unwrap(), 0);
}

#[tokio::test]
async fn only_kinds_that_are_asked_for_are_found() {
    let desk = Desk::new().await;
    let index = desk.index().await;
    let report = desk.report("专项行动线索").await;
    let by: UserId = desk.ctx.new_id();
    let operation = Operation {
        id: desk.ctx.new_id(),
        name: "秋风专项行动".to_owned(),
        purpose: "打击刷单".to_owned(),
        started_at: desk.ctx.now(),
        started_by: by,
        ended_at: None,
    };
    let mut tx = desk.store.begin().await.unwrap();
    tx.insert_operation(&operation).await.unwrap();
    tx.commit().await.unwrap();
    follow(&index, &desk).await;
    let both = [operation.id.to_string(), report.id.to_string()];
    assert_eq!(desk.ids(&index, "专项行动").await, both);
    let found = desk
        .search(&index, "专项行动", &[SearchKind::Operation])
        .await;
    assert_eq!(found.hits[0].id, both[0]);
    assert_eq!(
        (
            found.hits.len(),
            desk.search(&index, "专项行动", &[]).await.hits.len()
        ),
        (1, 0)
    );
    let by_id = desk
        .search(&index, &both[1], &[SearchKind::Operation])
        .await;
    assert_eq!(by_id.hits, [], "nor by identifier");
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let desk = Desk::new().await;
    let index = desk.index().await;
    let mut ids = Vec::new();
    for n in 0..23 {
        ids.push(
            desk.report(&format!("群号 7788{n:03}"))
                .await
                .id
                .to_string(),
        );
    }
    follow(&index, &desk).await;
    ids.reverse();
    let query = Query::parse("群号").unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let mut tx = desk.store.read().await.unwrap();
        let page = index
            .search(&mut tx, &query, SearchKind::ALL, after.as_ref(), 5)
            .await
            .unwrap();
        seen.extend(page.hits.into_iter().map(|hit| hit.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ids);
}

#[tokio::test]
async fn an_index_that_does_not_fit_is_made_anew() {
    let desk = Desk::new().await;
    let dir = desk.folder.path().join("search");
    let report = desk.report("裸聊敲诈").await;
    let index = desk.index().await;
    follow(&index, &desk).await;
    drop(index);
    let index = desk.index().await;
    assert_eq!(follow(&index, &desk).await, 0, "it survives being closed");
    assert_eq!(desk.ids(&index, "裸聊").await, [report.id.to_string()]);
    drop(index);
    // Another data key: the index's own key opens no more.
    desk.store.rotate_data_key().await.unwrap();
    let index = desk.index().await;
    assert_eq!(desk.ids(&index, "裸聊").await, [""; 0]);
    assert_eq!(follow(&index, &desk).await, 1);
    drop(index);
    // The index of another record.
    let other = Desk::new().await;
    other.report("征信修复").await;
    let index = open(&dir, &other).await;
    assert_eq!(follow(&index, &other).await, 1);
    assert_eq!(other.ids(&index, "裸聊").await, [""; 0]);
}

#[tokio::test]
async fn the_folder_holds_no_word_and_no_digits_of_the_texts() {
    let desk = Desk::new().await;
    let index = desk.index().await;
    desk.report("杀猪盘投资平台").await;
    follow(&index, &desk).await;
    drop(index);
    let mut looked_at = 0;
    let mut folders = vec![desk.folder.path().join("search")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            looked_at += bytes.len();
            for word in ["杀猪", "平台", "13800138000", "6222021"] {
                let found = bytes
                    .windows(word.len())
                    .any(|part| part == word.as_bytes());
                assert!(!found, "{word} in {}", path.display());
            }
        }
    }
    assert!(looked_at > 1_000);
}
