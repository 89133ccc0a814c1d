//! What is wrong with the words and values of a step.

use crate::error::{CaseworkError, Finding};

/// Collects what is wrong.
#[derive(Debug, Default)]
pub(crate) struct Wording(Vec<Finding>);

impl Wording {
    /// A refusal for one reason.
    pub(crate) fn refusal(pointer: &str, detail: &str) -> CaseworkError {
        CaseworkError::StepInvalid(vec![Finding::new(pointer.to_owned(), detail)])
    }

    /// Notes something wrong at `pointer`.
    pub(crate) fn add(&mut self, pointer: &str, detail: &str) {
        self.0.push(Finding::new(pointer.to_owned(), detail));
    }

    /// Notes a text that is blank, too long or has control characters.
    pub(crate) fn text(&mut self, pointer: &str, value: &str, chars_max: usize) {
        if value.trim().is_empty() || value.chars().count() > chars_max {
            self.add(pointer, &format!("it has 1 to {chars_max} characters"));
        }
        let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        if value.chars().any(control) {
            self.add(pointer, "control characters are not allowed");
        }
    }

    /// Whether anything was wrong.
    ///
    /// # Errors
    /// [`CaseworkError::StepInvalid`] with all of it.
    pub(crate) fn found(self) -> Result<(), CaseworkError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(CaseworkError::StepInvalid(self.0))
        }
    }
}
