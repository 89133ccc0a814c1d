//! What is wrong with a policy, where, and what to write instead.

use std::fmt;

use serde::Serialize;

use crate::ir::Span;
use crate::source::SourceMap;

pub mod render;
pub mod suggest;

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $code:literal;)*) => {
        /// The stable code of a diagnostic.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $doc])* $variant),* }

        impl Code {
            /// Every code, in the order of the reference.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code's text, `policy.what`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// What it means, in one sentence.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim_ascii()),* }
            }
        }
    };
}

codes! {
    /// The policy declares nothing.
    Empty = "policy.empty";
    /// A file, the policy or a part of it is larger than allowed.
    TooLarge = "policy.too_large";
    /// Parentheses, lists or chains of operators are nested deeper than allowed.
    TooDeep = "policy.too_deep";
    /// A file is not UTF-8.
    NotUtf8 = "policy.not_utf8";
    /// A character that the language does not have.
    BadCharacter = "policy.bad_character";
    /// A text has no closing quote on its line.
    UnterminatedString = "policy.unterminated_string";
    /// A text has an escape that the language does not have.
    BadEscape = "policy.bad_escape";
    /// A number is malformed or does not fit its type.
    BadNumber = "policy.bad_number";
    /// A length of time is malformed.
    BadDuration = "policy.bad_duration";
    /// An instant is malformed or not a date of the calendar.
    BadTimestamp = "policy.bad_timestamp";
    /// Something else is wanted here.
    Syntax = "policy.syntax";
    /// Two things of one kind have the same name, or a clause is written twice.
    Duplicate = "policy.duplicate";
    /// The name means something else in the language.
    ReservedName = "policy.reserved_name";
    /// No event kind has this name.
    UnknownEvent = "policy.unknown_event";
    /// The event kind has no field of this name.
    UnknownField = "policy.unknown_field";
    /// No feature, list or value has this name.
    UnknownName = "policy.unknown_name";
    /// No function has this name.
    UnknownFunction = "policy.unknown_function";
    /// No rule has this name.
    UnknownRule = "policy.unknown_rule";
    /// No type has this name.
    UnknownType = "policy.unknown_type";
    /// The enumeration has no such word, or the language has no such decision, measure, mode or kind.
    UnknownWord = "policy.unknown_word";
    /// The types do not go together.
    TypeMismatch = "policy.type_mismatch";
    /// The function or feature takes other arguments.
    BadArguments = "policy.bad_arguments";
    /// A constant argument can never work: a pattern, a currency, an amount, a time zone.
    BadConstant = "policy.bad_constant";
    /// Amounts of different currencies meet.
    CurrencyMismatch = "policy.currency_mismatch";
    /// A feature is read with keys of other types than it is kept by.
    KeyMismatch = "policy.key_mismatch";
    /// The aggregate takes no value, needs one, or not one of this type.
    BadAggregate = "policy.bad_aggregate";
    /// A window is shorter than 1 second or longer than 90 days.
    WindowRange = "policy.window_range";
    /// A feature's window is longer than its events are kept.
    RetentionTooShort = "policy.retention_too_short";
    /// A retention is missing or out of range.
    Retention = "policy.retention";
    /// A feature does not say over which window, or whether the event at hand counts itself.
    IncompleteFeature = "policy.incomplete_feature";
    /// A script or one of its stages lacks a part that it must have.
    IncompleteScript = "policy.incomplete_script";
    /// No script has this name, or scripts do not tell this.
    UnknownScript = "policy.unknown_script";
    /// A rule has no condition or no decision.
    IncompleteRule = "policy.incomplete_rule";
    /// A rule has no owner.
    MissingOwner = "policy.missing_owner";
    /// A rule has no reason in Chinese or in English.
    MissingReason = "policy.missing_reason";
    /// A measure has no expiry.
    MissingExpiry = "policy.missing_expiry";
    /// A length of time is not allowed here, or out of range.
    BadLength = "policy.bad_length";
    /// A rule rests on region alone, which is never a sole ground.
    RegionSoleGround = "policy.region_sole_ground";
    /// A rule set has no mode, no rules, or thresholds that do not rise.
    BadRuleset = "policy.bad_ruleset";
    /// A rule and what refers to it have no event kind in common.
    NoCommonEvent = "policy.no_common_event";
    /// An entry of a list does not fit the list's kind.
    BadEntry = "policy.bad_entry";
    /// The file of a list is missing, unreadable or outside the policy's folder.
    ListFile = "policy.list_file";
    /// A model of texts cannot be read, or tells what another one tells.
    BadModel = "policy.bad_model";
    /// An event of a test lacks a field that is not optional.
    MissingField = "policy.missing_field";
    /// A test has no event to judge or nothing to expect.
    IncompleteTest = "policy.incomplete_test";
    /// The condition never holds.
    NeverTrue = "policy.never_true";
    /// The condition always holds.
    AlwaysTrue = "policy.always_true";
    /// A rule is never reached, because a rule before it always fires.
    Unreachable = "policy.unreachable";
    /// A feature is read by nothing.
    UnusedFeature = "policy.unused_feature";
    /// A list is read by nothing.
    UnusedList = "policy.unused_list";
    /// A script is read by nothing.
    UnusedScript = "policy.unused_script";
    /// A rule is in no rule set, so it never acts.
    UnusedRule = "policy.unused_rule";
    /// A field looks like a region and is not marked `regional`.
    UnmarkedRegion = "policy.unmarked_region";
    /// An operation on a value that is never missing.
    NeverMissing = "policy.never_missing";
    /// A list has the same entry twice.
    RepeatedEntry = "policy.repeated_entry";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The policy is refused.
    Error,
    /// The policy is taken; it probably does not say what was meant.
    Warning,
}

stanch_types::words! { Severity { Error = "error", Warning = "warning" } }

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its stable code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The text it is about.
    pub span: Span,
    /// What is wrong: a sentence without capital and full stop.
    pub message: String,
    /// What to write instead, where something can be said.
    pub hint: Option<String>,
    /// The text to put in the span's place, where there is one likely answer.
    pub replacement: Option<String>,
    /// Other places that matter, such as the first of two declarations.
    pub labels: Vec<Label>,
}

/// Another place that matters to a [`Diagnostic`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The text.
    pub span: Span,
    /// Why it matters.
    pub text: String,
}

impl Diagnostic {
    /// A finding for which the policy is refused.
    #[must_use]
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            span,
            message: message.into(),
            hint: None,
            replacement: None,
            labels: Vec::new(),
        }
    }

    /// A finding with which the policy is taken.
    #[must_use]
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, span, message)
        }
    }

    /// With what to write instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With the text to put in the span's place; it is also the hint when there is none.
    #[must_use]
    pub fn replace(mut self, text: impl Into<String>) -> Self {
        self.replacement = Some(text.into());
        self
    }

    /// With another place that matters.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// With `did you mean …?` when one of `names` is close to `written`.
    #[must_use]
    pub fn did_you_mean<'a>(self, written: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        match suggest::nearest(written, names) {
            Some(name) => {
                let hint = format!("did you mean `{name}`?");
                self.hint(hint).replace(name)
            }
            None => self,
        }
    }
}

/// Most findings that are kept; more are counted.
const FINDINGS_MAX: usize = 300;

/// The findings about a policy, with the text they are about.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    /// Errors and warnings by place.
    pub items: Vec<Diagnostic>,
    /// The text the spans point into.
    pub sources: SourceMap,
    /// How many more there were than are kept.
    pub more: usize,
}

impl Diagnostics {
    /// Sorts by place, drops repetitions, and keeps a bounded number.
    #[must_use]
    pub fn new(mut items: Vec<Diagnostic>, sources: SourceMap) -> Self {
        items.sort_by(|a, b| {
            let by = |item: &Diagnostic| (item.span, item.severity, item.code);
            by(a).cmp(&by(b)).then_with(|| a.message.cmp(&b.message))
        });
        // A rule on several event kinds is checked for each, and most mistakes are the same in all.
        items.dedup_by(|a, b| a.span == b.span && a.code == b.code && a.message == b.message);
        let more = items.len().saturating_sub(FINDINGS_MAX);
        if more > 0 {
            // Errors must not be crowded out by warnings.
            items.sort_by_key(|item| item.severity);
            items.truncate(FINDINGS_MAX);
            items.sort_by_key(|item| item.span);
        }
        Self {
            items,
            sources,
            more,
        }
    }

    /// Whether the policy is refused.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    /// Number of errors kept.
    #[must_use]
    pub fn errors(&self) -> usize {
        let is_error = |item: &&Diagnostic| item.severity == Severity::Error;
        self.items.iter().filter(is_error).count()
    }

    /// Number of warnings kept.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.items.len() - self.errors()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render::to_text(self))
    }
}

impl std::error::Error for Diagnostics {}
