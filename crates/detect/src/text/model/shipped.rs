//! The model in this program.

use std::sync::OnceLock;

use super::{Model, ModelError};

/// Made by `stanch train --release`; its card lies beside it.
static BYTES: &[u8] = include_bytes!("../../../../../models/text-1.stxm");

/// What the models in this program tell, what they learnt from and what they cannot: models/README.md.
pub const CARD: &str = include_str!("../../../../../models/README.md");
/// What the training of the model of texts in this program reported, as JSON.
pub const REPORT: &str = include_str!("../../../../../models/text-1.json");

impl Model {
    /// The model that ships with this program, read once. Its labels and what they are worth are in models/README.md.
    ///
    /// # Errors
    /// [`ModelError`] if it does not fit this version, which the tests of this crate exclude.
    pub fn shipped() -> Result<&'static Self, ModelError> {
        static MODEL: OnceLock<Result<Model, ModelError>> = OnceLock::new();
        let read = MODEL.get_or_init(|| Self::from_bytes(BYTES));
        read.as_ref().map_err(Clone::clone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::model::Classifier;

    #[test]
    fn the_shipped_model_tells_scams_from_talk() {
        let model = Model::shipped().expect("whole");
        let mut classifier = Classifier::new(model);
        let mut score = |text: &str, label: &str| {
            let label = model.label(label).expect("a label");
            classifier.score(text)[label].score.get()
        };
        let scam = "兼职刷单，足不出户日赚三百，先垫付后返佣金，加微信领任务";
        assert!(score(scam, "unwanted") > 5_000 && score(scam, "fraud") > 5_000);
        assert!(score(scam, "task_rebate") > score(scam, "romance"));
        for talk in [
            "明天中午一起去吃火锅吧，我请客",
            "您的快递已放在小区门口的柜子里",
        ] {
            assert!(score(talk, "unwanted") < 5_000, "{talk}");
            assert!(score(talk, "fraud") < 5_000, "{talk}");
        }
    }
}
