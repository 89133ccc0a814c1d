//! Progress of long work on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::Output;

/// A progress bar on stderr; silent when stderr is not a terminal.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar that counts `what`.
    pub fn new(output: &Output, what: &'static str) -> Self {
        let bar = ProgressBar::no_length();
        if !output.draws_progress() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let template =
            format!("{{elapsed_precise}} [{{bar:30}}] {{human_pos}}/{{human_len}} {what} {{msg}}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { bar }
    }

    /// `done` of `all` is done.
    pub fn at(&mut self, done: u64, all: u64) {
        self.bar.set_length(all);
        self.bar.set_position(done);
    }

    /// What to say behind the bar.
    pub fn say(&mut self, text: String) {
        self.bar.set_message(text);
    }

    /// Takes the bar away.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}
