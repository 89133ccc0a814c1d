//! Scripts on a policy's own page.

use std::fmt::Write;

use super::{Page, cell, heading, length, paragraph};
use crate::ir::{Script, ScriptStage};

impl Page<'_> {
    pub(super) fn scripts(&self, out: &mut String) {
        heading(out, "Scripts", self.program.scripts.is_empty());
        for script in &self.program.scripts {
            self.script(script, out);
        }
    }

    fn script(&self, script: &Script, out: &mut String) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "### {}\n", script.name);
        paragraph(out, &script.doc);
        let kinds: Vec<&str> = (script.sources.iter())
            .filter_map(|source| self.program.events.get(source.event.ix()))
            .map(|event| &*event.name)
            .collect();
        let _ = writeln!(
            out,
            "{} / {}. Kept by {} over {}, from {}.\n",
            script.title.zh,
            script.title.en,
            script.key_names.join(", "),
            length(script.memory.as_micros()),
            kinds.join(", ")
        );
        if !script.typologies.is_empty() {
            let _ = writeln!(out, "Typology: {}.\n", script.typologies.join(", "));
        }
        for (at, stage) in script.stages.iter().enumerate() {
            self.stage(script, at, stage, out);
        }
    }

    fn stage(&self, script: &Script, at: usize, stage: &ScriptStage, out: &mut String) {
        let _ = writeln!(
            out,
            "{}. **{}** {} / {}, from a confidence of {}; {}",
            at + 1,
            stage.name,
            stage.title.zh,
            stage.title.en,
            stage.need,
            (stage.acts.iter().map(|act| act.as_str()))
                .collect::<Vec<_>>()
                .join(", ")
        );
        let _ = writeln!(
            out,
            "   - zh: {}\n   - en: {}",
            stage.card.zh, stage.card.en
        );
        for (place, cue) in script.cues.iter().enumerate() {
            if cue.stage != at {
                continue;
            }
            let conditions = script.sources.iter().flat_map(|source| &source.cues);
            let condition = conditions.clone().find(|(of, _)| *of == place);
            let text = condition.map_or_else(String::new, |(_, condition)| self.text(condition));
            let _ = writeln!(
                out,
                "   - cue {} ({}): `{}`",
                cue.name,
                cue.weight,
                cell(&text)
            );
        }
        out.push('\n');
    }
}
