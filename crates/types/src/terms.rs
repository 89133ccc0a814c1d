//! Terms of fairness: how long a measure may last and by when an appeal must be answered.
//!
//! Where the law gives no number the defaults are those of the domain reference 2.5, marked there as defaults; an
//! installation may set its own in the section `[fairness]` of its configuration.

use serde::{Deserialize, Serialize};

use crate::measure::{MeasureKind, SubjectKind};
use crate::time::{Duration, Timestamp};

/// Most holidays that an installation may name.
pub const HOLIDAYS_MAX: usize = 400;

const DAY_SECS: i64 = 86_400;

/// The terms that measures and appeals are held to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FairnessTerms {
    /// How long an automatic suspension, closure or removal works before a person must have confirmed it.
    pub provisional_hours: i64,
    /// Until an appeal is acknowledged.
    pub acknowledge_hours: i64,
    /// Until somebody whose livelihood hangs on it has partial access.
    pub livelihood_hours: i64,
    /// Until an appeal about an account is decided, in working days.
    pub decide_account_working_days: u32,
    /// Until an appeal about content is decided.
    pub decide_content_hours: i64,
    /// Until a lift has reached all partners.
    pub lift_mins: i64,
    /// How long after the decision an appeal may be filed (DSA art. 20: at least six months).
    pub appeal_window_days: i64,
    /// How long somebody has to send materials that were asked for.
    pub materials_days: i64,
    /// What local time is ahead of UTC, for working days.
    pub utc_offset_hours: i64,
    /// Days without work besides Saturdays and Sundays, `2026-10-01`, sorted or not.
    pub holidays: Vec<String>,
}

impl Default for FairnessTerms {
    fn default() -> Self {
        Self {
            provisional_hours: 48,
            acknowledge_hours: 24,
            livelihood_hours: 24,
            decide_account_working_days: 5,
            decide_content_hours: 72,
            lift_mins: 15,
            appeal_window_days: 184,
            materials_days: 14,
            utc_offset_hours: 8,
            holidays: Vec::new(),
        }
    }
}

impl FairnessTerms {
    /// Why these terms cannot be used, if so.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        let hours = [
            self.provisional_hours,
            self.acknowledge_hours,
            self.livelihood_hours,
            self.decide_content_hours,
        ];
        if hours.iter().any(|hours| !(1..=24 * 31).contains(hours)) {
            return Some("hours are 1 to 744");
        }
        if self.provisional_hours > 48 {
            return Some("a decision without a person works 48 hours at most");
        }
        if !(1..=60).contains(&self.decide_account_working_days) {
            return Some("working days are 1 to 60");
        }
        if !(1..=24 * 60).contains(&self.lift_mins) || !(1..=90).contains(&self.materials_days) {
            return Some("lift_mins is 1 to 1,440, materials_days 1 to 90");
        }
        if !(183..=3_660).contains(&self.appeal_window_days) {
            return Some("appeals are open for 183 to 3,660 days");
        }
        if !(-12..=14).contains(&self.utc_offset_hours) || self.holidays.len() > HOLIDAYS_MAX {
            return Some("utc_offset_hours is -12 to 14, and there are at most 400 holidays");
        }
        None
    }

    /// The longest that a measure of `kind` may last before it must be decided anew: 48 h, 7 d, 30 d, 90 d or six
    /// months by how deep it cuts (domain reference 2.5, sunset).
    #[must_use]
    pub const fn longest(kind: MeasureKind) -> Duration {
        match kind {
            MeasureKind::DelaySettlement => Duration::from_hours(48),
            MeasureKind::ExtraVerification | MeasureKind::HoldContent => Duration::from_days(7),
            MeasureKind::Warn
            | MeasureKind::Label
            | MeasureKind::ReduceReach
            | MeasureKind::LimitFunction => Duration::from_days(30),
            MeasureKind::Suspend => Duration::from_days(90),
            MeasureKind::Close | MeasureKind::RemoveContent => Duration::from_days(183),
        }
    }

    /// By when an appeal filed at `filed_at` is acknowledged.
    #[must_use]
    pub fn acknowledge_by(&self, filed_at: Timestamp) -> Timestamp {
        filed_at.plus(Duration::from_hours(self.acknowledge_hours))
    }

    /// By when partial access is given where livelihood hangs on it.
    #[must_use]
    pub fn ease_by(&self, filed_at: Timestamp) -> Timestamp {
        filed_at.plus(Duration::from_hours(self.livelihood_hours))
    }

    /// By when an appeal about a `subject` is decided.
    #[must_use]
    pub fn decide_by(&self, subject: SubjectKind, filed_at: Timestamp) -> Timestamp {
        match subject {
            SubjectKind::Account => {
                self.after_working_days(filed_at, self.decide_account_working_days)
            }
            SubjectKind::SocialAccount | SubjectKind::Content => {
                filed_at.plus(Duration::from_hours(self.decide_content_hours))
            }
        }
    }

    /// The end of the `days`-th working day after the local day of `from`.
    #[must_use]
    pub fn after_working_days(&self, from: Timestamp, days: u32) -> Timestamp {
        let offset = Duration::from_hours(self.utc_offset_hours);
        let mut day = from.plus(offset).as_secs().div_euclid(DAY_SECS);
        let mut left = days;
        // Holidays are bounded, so a working day is never further than they and a weekend.
        let mut looked = 0;
        while left > 0 && looked < 10_000 {
            day = day.saturating_add(1);
            looked += 1;
            if self.is_working_day(day) {
                left -= 1;
            }
        }
        let end = day.saturating_add(1).saturating_mul(DAY_SECS);
        Timestamp::from_secs(end).minus(offset)
    }

    /// Whether people work on the `day`-th day since 1970-01-01.
    fn is_working_day(&self, day: i64) -> bool {
        // 1970-01-01 was a Thursday.
        let weekday = (day + 3).rem_euclid(7);
        if weekday >= 5 {
            return false;
        }
        let text = Timestamp::from_secs(day.saturating_mul(DAY_SECS)).to_string();
        let date = text.split('T').next().unwrap_or_default();
        !self.holidays.iter().any(|holiday| holiday == date)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn working_days_skip_weekends_and_holidays_in_local_time() {
        let mut terms = FairnessTerms::default();
        // Thursday evening in Shanghai: Fri, Mon, Tue, Wed, Thu.
        let filed = at("2026-03-05T20:00:00+08:00");
        assert_eq!(
            terms.decide_by(SubjectKind::Account, filed),
            at("2026-03-13T00:00:00+08:00")
        );
        terms.holidays = vec!["2026-03-09".into(), "2026-03-14".into()];
        assert_eq!(
            terms.decide_by(SubjectKind::Account, filed),
            at("2026-03-14T00:00:00+08:00")
        );
        // Still Friday in London is Saturday in Shanghai.
        let late = at("2026-03-06T23:00:00Z");
        assert_eq!(
            terms.after_working_days(late, 1),
            at("2026-03-11T00:00:00+08:00")
        );
    }

    #[test]
    fn content_is_decided_within_72_hours() {
        let filed = at("2026-03-06T12:00:00Z");
        let by = FairnessTerms::default().decide_by(SubjectKind::Content, filed);
        assert_eq!(by.since(filed), Duration::from_hours(72));
    }

    #[test]
    fn terms_that_undo_fairness_are_refused() {
        assert_eq!(FairnessTerms::default().fault(), None);
        let faults = [
            FairnessTerms {
                provisional_hours: 49,
                ..FairnessTerms::default()
            },
            FairnessTerms {
                appeal_window_days: 30,
                ..FairnessTerms::default()
            },
            FairnessTerms {
                decide_account_working_days: 0,
                ..FairnessTerms::default()
            },
            FairnessTerms {
                lift_mins: 0,
                ..FairnessTerms::default()
            },
            FairnessTerms {
                utc_offset_hours: 99,
                ..FairnessTerms::default()
            },
        ];
        for terms in faults {
            assert!(terms.fault().is_some(), "{terms:?}");
        }
    }
}
