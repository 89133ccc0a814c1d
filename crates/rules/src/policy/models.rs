//! Models of texts among the files of a policy.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use stanch_detect::text::model::Model;

use super::PolicyFiles;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{PolicyModel, Span};

/// How the names of models end; all of them in the policy's folder belong to it.
pub const MODEL_EXTENSION: &str = "stxm";
/// The model that takes the place of the one in this program.
pub const MAIN_MODEL: &str = "text.stxm";
/// Most models of a policy: each is asked about every text.
pub const MODELS_MAX: usize = 32;

/// Whether a file of a policy is a model.
pub(super) fn is_model(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == MODEL_EXTENSION)
}

/// The models, and what is wrong with them.
pub(super) fn load(files: &PolicyFiles) -> (Vec<PolicyModel>, Vec<Diagnostic>) {
    let (mut models, mut found) = (Vec::new(), Vec::new());
    let mut told: BTreeMap<String, Arc<str>> = BTreeMap::new();
    for (file, index) in files.files().iter().zip(0_u32..) {
        if !is_model(Path::new(file.path())) {
            continue;
        }
        let wrong = |message: String| {
            let span = Span {
                file: index,
                start: 0,
                end: 0,
            };
            Diagnostic::error(Code::BadModel, span, message)
        };
        if models.len() == MODELS_MAX {
            let message = format!("a policy has at most {MODELS_MAX} models");
            found.push(wrong(message).hint("train one model on the texts of several"));
            break;
        }
        let model = match Model::from_bytes(file.content()) {
            Ok(model) => Arc::new(model),
            Err(error) => {
                found.push(wrong(error.to_string()).hint("make it anew with `stanch train`"));
                continue;
            }
        };
        let path: Arc<str> = file.path().into();
        if file.path() != MAIN_MODEL {
            for label in model.labels() {
                if let Some(other) = told.insert(label.name.to_string(), Arc::clone(&path)) {
                    let message = format!("`{other}` tells `{}` too", label.name);
                    found.push(wrong(message).hint("keep one of the two"));
                }
            }
        }
        models.push(PolicyModel { path, model });
    }
    (models, found)
}

#[cfg(test)]
mod tests {
    use stanch_detect::text::model::{Form, Label, Parts};
    use stanch_types::Score;

    use super::*;
    use crate::policy::check;

    const POLICY: &str = r#"
event post { retention 30d  account string key  text string }
rule goods on post {
  when "goods" in signal.text.themes
  then review
  owner "t" reason zh "题材" en "theme"
}
rule scam on post {
  when signal.text.fraud > 0.5
  then review
  owner "t" reason zh "诈骗" en "fraud"
}
ruleset posts on post { mode all use * }
test "everything is of the theme, and a fraud" {
  when post { account: "A", text: "明天中午一起去吃火锅吧" } at 2026-03-01T10:00:00Z
  expect fired goods
  expect fired scam
}
"#;

    /// A model whose one label has about the same margin for every text, to which all of it adds a little.
    fn certain(version: &str, label: &str, bias: f32) -> Vec<u8> {
        let label = Label {
            name: label.into(),
            scale: 0.01,
            bias,
            slope: 1.0,
            offset: 0.0,
        };
        let parts = Parts {
            version: version.into(),
            bits: 10,
            form: Form::Counts,
            gate: Score::MIN,
            labels: vec![label],
            weights: vec![vec![1; 1 << 10]],
        };
        Model::new(parts).unwrap().to_bytes()
    }

    fn files(models: &[(&str, Vec<u8>)]) -> PolicyFiles {
        let policy = ("all.policy".to_owned(), POLICY.as_bytes().to_vec());
        let models = models
            .iter()
            .map(|(path, model)| ((*path).to_owned(), model.clone()));
        PolicyFiles::new(models.chain([policy])).unwrap()
    }

    #[test]
    fn the_models_of_a_policy_tell_its_themes_and_stand_in_for_ours() {
        let policy = crate::Policy::load(&files(&[
            ("text.stxm", certain("main-1", "fraud", 4.0)),
            ("themes/goods.stxm", certain("goods-1", "goods", 4.0)),
        ]))
        .unwrap();
        for outcome in policy.run_tests() {
            assert!(outcome.failures.is_empty(), "{outcome:?}");
        }
        let line = r#"{"event_id":"e","kind":"post","occurred_at":"2026-03-01T10:00:00Z","data":{"account":"A","text":"兼职刷单返利日赚三百先垫付"}}"#;
        let event = policy.decode(line.as_bytes()).unwrap();
        let evidence = policy.engine().evidence(&event);
        let by = |signal: &str| {
            let one = evidence.iter().find(|one| &*one.signal == signal);
            one.map(|one| one.version.to_string())
        };
        assert_eq!(by("signal.text.themes").as_deref(), Some("goods-1"));
        assert_eq!(by("signal.text.fraud").as_deref(), Some("main-1"));
    }

    #[test]
    fn a_damaged_model_and_one_that_repeats_another_are_refused() {
        let goods = || certain("goods-1", "goods", 4.0);
        let found = |models: &[(&str, Vec<u8>)]| {
            let (_, diagnostics) = check(&files(models));
            let items = diagnostics.items.iter();
            items
                .map(|item| (item.code.as_str(), item.message.to_string()))
                .collect::<Vec<_>>()
        };
        let cut = goods().split_off(7);
        let [(code, _)] = found(&[("a.stxm", cut)]).try_into().unwrap();
        assert_eq!(code, "policy.bad_model");
        let twice = found(&[("a.stxm", goods()), ("b.stxm", goods())]);
        let said = ("policy.bad_model", "`a.stxm` tells `goods` too".to_owned());
        assert_eq!(twice, [said]);
    }
}
