//! What victims tell, by typology (domain reference 5 and 6); the prose is `data/stories.json`.

use serde::Deserialize;
use stanch_types::Duration;
use stanch_types::personal::BadPersonalData;
use stanch_types::report::{Consent, Relation, ReportContent, ReportedPayment, Reporter};

use super::World;
use crate::SimError;
use crate::dice::Dice;

/// Names of invented apps the fraudsters use.
const APPS: [&str; 8] = [
    "悦任务",
    "云会谈",
    "聚财通",
    "速贷宝",
    "安核助手",
    "金桥优选",
    "星途交易",
    "联办通",
];
/// Share of the typologies, in the order of the file (CCL2023, domain reference 5).
const SHARES: [f64; 12] = [
    34.5, 13.4, 11.5, 10.8, 8.2, 6.9, 4.4, 4.3, 2.1, 1.6, 1.2, 1.1,
];

#[derive(Deserialize)]
struct Story {
    typology: String,
    channel: String,
    counterpart: String,
    still_in_contact: bool,
    still_paying: bool,
    remote_controlled: bool,
    narratives: Vec<String>,
}

/// The stories of `data/stories.json`.
pub(super) struct Stories(Vec<Story>);

impl Stories {
    pub fn load() -> Result<Self, SimError> {
        let stories: Vec<Story> = serde_json::from_str(include_str!("../../data/stories.json"))
            .map_err(|error| SimError::Config(format!("data/stories.json: {error}")))?;
        if stories.len() != SHARES.len() || stories.iter().any(|s| s.narratives.is_empty()) {
            return Err(SimError::Config(
                "data/stories.json: 12 typologies with prose".into(),
            ));
        }
        Ok(Self(stories))
    }

    /// The report of `victim` about his `payments`.
    pub fn tell(
        &self,
        world: &World,
        dice: &mut Dice,
        victim: u32,
        payments: &[u32],
    ) -> Result<ReportContent, SimError> {
        let index = dice.weighted(&SHARES);
        let story = self
            .0
            .get(index)
            .ok_or_else(|| SimError::Config("no stories".into()))?;
        let told = payments
            .iter()
            .map(|payment| reported(world, dice, *payment as usize))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| SimError::Config(format!("{}: no such payment", story.typology)))?;
        let loss: i64 = told.iter().map(|p| p.amount.minor()).sum();
        let phone = format!("1990000{:04}", dice.below(10_000));
        let fill = |text: &str, dice: &mut Dice| {
            text.replace("{loss}", &yuan(loss))
                .replace("{count}", &told.len().to_string())
                .replace("{app}", dice.pick(&APPS).copied().unwrap_or_default())
                .replace("{phone}", &format!("199 0000 {:04}", dice.below(10_000)))
                .replace("{number}", &format!("90000{:05}", dice.below(100_000)))
        };
        let narrative = dice.pick(&story.narratives).cloned().unwrap_or_default();
        let name = world
            .accounts
            .get(victim as usize)
            .map(|account| account.holder.clone());
        let bad = |error: BadPersonalData| SimError::Config(error.to_string());
        Ok(ReportContent {
            reporter: Reporter {
                name,
                phone: Some(phone.parse().map_err(bad)?),
                relation: if dice.chance(0.9) {
                    Relation::Victim
                } else {
                    Relation::Family
                },
            },
            contacted_at: None,
            contact_channel: Some(story.channel.clone()),
            counterpart: Some(fill(&story.counterpart, dice)),
            narrative: fill(&narrative, dice),
            payments: told,
            still_in_contact: story.still_in_contact,
            still_paying: story.still_paying,
            remote_controlled: story.remote_controlled,
            consent: if dice.chance(0.8) {
                Consent::Matching
            } else {
                Consent::ThisCase
            },
        })
    }
}

/// A payment as the victim tells it: most have the reference at hand, the others give the minute only.
fn reported(world: &World, dice: &mut Dice, index: usize) -> Option<ReportedPayment> {
    let payment = world.payment(index)?;
    let holder = world
        .payments
        .get(index)
        .and_then(|row| world.accounts.get(row.to as usize));
    let knows_reference = dice.chance(0.7);
    let to_the_minute =
        Duration::from_micros(payment.occurred_at.as_micros().rem_euclid(60_000_000));
    Some(ReportedPayment {
        tx_id: knows_reference.then(|| payment.tx_id.clone()),
        occurred_at: if knows_reference {
            payment.occurred_at
        } else {
            payment.occurred_at.minus(to_the_minute)
        },
        amount: payment.amount,
        from: payment.from,
        to: payment.to,
        to_name: holder.map(|account| account.holder.clone()),
        channel: Some(payment.channel),
    })
}

/// Yuan as people write them: `12,800` or `12,800.50`.
fn yuan(minor: i64) -> String {
    let whole = (minor / 100).to_string();
    let mut text = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if minor % 100 != 0 {
        text.push_str(&format!(".{:02}", minor % 100));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::yuan;

    #[test]
    fn yuan_are_grouped() {
        assert_eq!(yuan(1_280_050), "12,800.50");
        assert_eq!(yuan(90_000), "900");
        assert_eq!(yuan(123_456_700), "1,234,567");
    }
}
