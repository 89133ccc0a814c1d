//! A checked policy: what the front end makes and both back ends run. Names are resolved to indices, every
//! expression carries its type, and nothing in here can fail at run time other than by being missing.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use stanch_detect::text::model::Model;
use stanch_types::{Currency, Duration};

mod script;

pub use script::{Act, Bilingual, Script, ScriptCue, ScriptOutput, ScriptSource, ScriptStage};

/// A place in the policy's text: byte range `start..end` of source file `file`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// Index of the file in the policy, in path order.
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl $name {
            /// The place in its table.
            #[must_use]
            pub const fn ix(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index! {
    /// An event kind of [`Program::events`].
    EventIx
}
index! {
    /// A field of [`EventKind::fields`].
    FieldIx
}
index! {
    /// A feature of [`Program::features`].
    FeatureIx
}
index! {
    /// A list of [`Program::lists`].
    ListIx
}
index! {
    /// A rule of [`Program::rules`].
    RuleIx
}
index! {
    /// A script of [`Program::scripts`].
    ScriptIx
}
index! {
    /// An enumeration of [`Program::enums`].
    EnumIx
}
index! {
    /// A function of the function table (`crate::function`).
    FunctionIx
}

/// The type of a value. Any value may be missing besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// True or false.
    Bool,
    /// 64-bit integer.
    Int,
    /// IEEE 754 binary64; never NaN (an operation that would give one gives missing).
    Double,
    /// Minor units and a currency; `Some` when the currency is known from the policy's text.
    Money(Option<Currency>),
    /// Unicode text.
    String,
    /// Microseconds since 1970-01-01 UTC.
    Timestamp,
    /// Microseconds.
    Duration,
    /// One word of an enumeration.
    Enum(EnumIx),
    /// A list of scalars.
    List(Scalar),
    /// A map from text to scalars.
    Map(Scalar),
}

/// The types that lists and maps hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// See [`Type::Bool`].
    Bool,
    /// See [`Type::Int`].
    Int,
    /// See [`Type::Double`].
    Double,
    /// See [`Type::String`].
    String,
}

/// The checked policy.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// Event kinds by order of declaration (files in path order).
    pub events: Vec<EventKind>,
    /// Enumerations of fields; equal word lists share one.
    pub enums: Vec<Enumeration>,
    /// Features by order of declaration, and those that scripts are made of.
    pub features: Vec<Feature>,
    /// Scripts by order of declaration.
    pub scripts: Vec<Script>,
    /// Lists by order of declaration.
    pub lists: Vec<List>,
    /// Rules by order of declaration.
    pub rules: Vec<Rule>,
    /// Rule sets by order of declaration.
    pub rulesets: Vec<Ruleset>,
    /// Tests by order of declaration.
    pub tests: Vec<Test>,
    /// Models of texts among the policy's files, in path order.
    pub models: Vec<PolicyModel>,
}

/// A model of texts that came with the policy.
#[derive(Debug, Clone)]
pub struct PolicyModel {
    /// Path inside the policy's folder.
    pub path: Arc<str>,
    /// The model.
    pub model: Arc<Model>,
}

impl Program {
    /// The features that a `feature` declares, without what scripts are made of.
    pub fn declared_features(&self) -> impl Iterator<Item = &Feature> {
        let features = self.features.iter();
        features.filter(|feature| feature.part == FeaturePart::Declared)
    }
}

/// The words of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enumeration {
    /// Distinct words in order of declaration; a value is an index into them.
    pub words: Vec<Arc<str>>,
}

/// `event`: a kind of event and its schema.
#[derive(Debug, Clone)]
pub struct EventKind {
    /// Name, unique among events.
    pub name: Arc<str>,
    /// Text of its `///` comments.
    pub doc: String,
    /// Fields by order of declaration.
    pub fields: Vec<Field>,
    /// Signals that the policy reads on this kind, named `signal.x.y`; their places come after those of the fields.
    pub signals: Vec<Field>,
    /// How long raw events are kept.
    pub retention: Duration,
    /// Where it is declared.
    pub span: Span,
}

impl EventKind {
    /// The field or signal at a place.
    #[must_use]
    pub fn field(&self, index: FieldIx) -> Option<&Field> {
        let signal = || self.signals.get(index.ix().checked_sub(self.fields.len())?);
        self.fields.get(index.ix()).or_else(signal)
    }
}

/// A field of an event kind.
#[derive(Debug, Clone)]
pub struct Field {
    /// Name, unique in its event kind.
    pub name: Arc<str>,
    /// Text of its `///` comments.
    pub doc: String,
    /// Type of its value.
    pub ty: Type,
    /// Whether it may be missing.
    pub optional: bool,
    /// Whether decisions are found by it.
    pub key: bool,
    /// Whether it is personal data.
    pub personal: bool,
    /// Whether it says where somebody or something is; never a sole ground (design: fairness).
    pub regional: bool,
    /// Where it is declared.
    pub span: Span,
}

/// What a feature computes over the events of its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// Number of events: int, 0 when none.
    Count,
    /// Sum of the values that are not missing; 0 when none; missing on overflow. int, double, money.
    Sum,
    /// Mean of the values that are not missing; double, or money rounded half to even. Missing when none.
    Avg,
    /// Least value; missing when none.
    Min,
    /// Greatest value; missing when none.
    Max,
    /// Number of different values that are not missing: int.
    Distinct,
    /// Value of the earliest event (ties: first to arrive); missing when none.
    First,
    /// Value of the latest event (ties: last to arrive); missing when none.
    Last,
    /// Share of events with a known condition for which it holds: double 0..=1; missing when none.
    Ratio,
    /// Time from the latest event to the event at hand: duration; missing when none.
    SinceLast,
}

/// `feature`: an aggregate over an exact sliding window.
#[derive(Debug, Clone)]
pub struct Feature {
    /// Name, unique among features.
    pub name: Arc<str>,
    /// Text of its `///` comments.
    pub doc: String,
    /// What is computed.
    pub aggregate: Aggregate,
    /// What is counted: one per event kind.
    pub sources: Vec<FeatureSource>,
    /// Names of the key's parts, in order.
    pub key_names: Vec<Arc<str>>,
    /// Types of the key's parts, in order.
    pub key_types: Vec<Type>,
    /// Length W of the window `(t-W, t]`, 1 s to 90 d.
    pub window: Duration,
    /// Whether the event at hand counts itself.
    pub include_self: bool,
    /// Type of the answer.
    pub ty: Type,
    /// What it belongs to.
    pub part: FeaturePart,
    /// Where it is declared.
    pub span: Span,
}

/// What a feature belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeaturePart {
    /// It is declared by `feature`.
    Declared,
    /// A window of a script: the count of [`Script::seen`] or a time of [`Script::firsts`].
    Window(ScriptIx),
    /// What a script says; follows from its windows and has none itself.
    State(ScriptIx, ScriptOutput),
}

/// How events of one kind enter a feature. Expressions see the fields of that kind and no features.
#[derive(Debug, Clone)]
pub struct FeatureSource {
    /// The event kind.
    pub event: EventIx,
    /// The key's parts; an event with a missing part is not counted.
    pub key: Vec<Expr>,
    /// Only events for which it is true are counted.
    pub filter: Option<Expr>,
    /// The value aggregated; none for count and since_last; the condition for ratio.
    pub value: Option<Expr>,
}

/// How a list's entries are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListKind {
    /// Equal text.
    Exact,
    /// The value starts with the entry.
    Prefix,
    /// The value is an IP address inside the entry's network.
    Cidr,
    /// Equal after normalising as phone numbers.
    Phone,
    /// Equal after normalising as account numbers.
    Account,
    /// The value is the entry's domain or one below it.
    Domain,
    /// The entry occurs in the value (all such lists are searched in one pass).
    Text,
}

/// `list`: named values, each with an optional expiry.
#[derive(Debug, Clone)]
pub struct List {
    /// Name, unique among lists.
    pub name: Arc<str>,
    /// Text of its `///` comments.
    pub doc: String,
    /// How entries are compared.
    pub kind: ListKind,
    /// Entries written in the policy and read from its file, as written.
    pub entries: Arc<Vec<ListEntry>>,
    /// Where it is declared.
    pub span: Span,
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEntry {
    /// The value as written.
    pub value: Box<str>,
    /// First microsecond (UTC) at which it no longer holds.
    pub until_us: Option<i64>,
}

/// What is decided about an event; a later word is stronger.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default,
)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Goes on.
    #[default]
    Allow,
    /// Goes on with a warning.
    Warn,
    /// Goes on and is looked at by a person.
    Review,
    /// Goes on later.
    Delay,
    /// Waits for a person.
    Hold,
    /// Does not go on.
    Block,
}

/// A measure a rule asks for (domain terms: measures on accounts and content).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureKind {
    /// Warn the person concerned.
    Warn,
    /// Label the content.
    Label,
    /// Show the content to fewer people.
    ReduceReach,
    /// Settle later.
    DelaySettlement,
    /// Ask for more proof of identity.
    ExtraVerification,
    /// Switch a function off.
    LimitFunction,
    /// Suspend the account.
    Suspend,
    /// Hold the content back.
    ContentHold,
    /// Remove the content.
    ContentRemove,
}

/// `measure KIND for DURATION`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MeasureRequest {
    /// What is asked for.
    pub kind: MeasureKind,
    /// When it ends by itself, counted from the decision.
    pub lasts: Duration,
}

/// `rule`.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Name, unique among rules.
    pub name: Arc<str>,
    /// Text of its `///` comments.
    pub doc: String,
    /// The condition, once per event kind the rule is on.
    pub conditions: Vec<(EventIx, Expr)>,
    /// What it decides when the condition is true.
    pub decision: Decision,
    /// How long a delay or hold lasts; none: the operator's default.
    pub lasts: Option<Duration>,
    /// Measures asked for.
    pub measures: Vec<MeasureRequest>,
    /// Points in a `score` rule set; 0 when not given.
    pub score: i64,
    /// Who answers for the rule.
    pub owner: Arc<str>,
    /// Scam typologies it speaks for.
    pub typologies: Vec<Arc<str>>,
    /// Reason in Chinese, per event kind in the order of `conditions`.
    pub reason_zh: Vec<Template>,
    /// Reason in English, per event kind in the order of `conditions`.
    pub reason_en: Vec<Template>,
    /// Where it is declared.
    pub span: Span,
}

/// A text with values filled in.
#[derive(Debug, Clone)]
pub struct Template {
    /// Pieces in order.
    pub pieces: Vec<TemplatePiece>,
}

/// A piece of a [`Template`].
#[derive(Debug, Clone)]
pub enum TemplatePiece {
    /// Text as it is.
    Text(Arc<str>),
    /// `{expression}`.
    Value(Expr),
}

/// How a rule set comes to its decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RulesetMode {
    /// The strongest decision of all rules that fire.
    All,
    /// The decision of the first rule that fires, in the order of `rules`.
    FirstMatch,
    /// The strongest decision whose threshold the sum of the fired rules' scores reaches; thresholds rise.
    Score(Vec<(i64, Decision)>),
}

/// `ruleset`.
#[derive(Debug, Clone)]
pub struct Ruleset {
    /// Name, unique among rule sets.
    pub name: Arc<str>,
    /// Text of its `///` comments.
    pub doc: String,
    /// Event kinds it decides about.
    pub events: Vec<EventIx>,
    /// How it decides.
    pub mode: RulesetMode,
    /// Its rules in order; a rule without a condition on the kind at hand does not take part.
    pub rules: Vec<RuleIx>,
    /// Where it is declared.
    pub span: Span,
}

/// `test`.
#[derive(Debug, Clone)]
pub struct Test {
    /// Name, unique among tests.
    pub name: Arc<str>,
    /// Events in order of arrival.
    pub events: Vec<TestEvent>,
    /// Those that are judged, in order.
    pub judgements: Vec<Judgement>,
    /// Where it is declared.
    pub span: Span,
}

impl Test {
    /// What must hold, of all events that are judged, with the kind of each.
    pub fn expectations(&self) -> impl Iterator<Item = (EventIx, &Expectation)> {
        self.judgements.iter().flat_map(|judgement| {
            let event = self.events.get(judgement.event).map(|event| event.event);
            let all = judgement.expectations.iter();
            all.filter_map(move |expectation| Some((event?, expectation)))
        })
    }
}

/// What must hold of one event of a test.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// Its place in [`Test::events`].
    pub event: usize,
    /// What must hold.
    pub expectations: Vec<Expectation>,
}

/// An event of a test.
#[derive(Debug, Clone)]
pub struct TestEvent {
    /// The event kind.
    pub event: EventIx,
    /// When it occurred, microseconds since 1970 UTC.
    pub at_us: i64,
    /// Values of the fields given; checked against the schema.
    pub fields: Vec<(FieldIx, Literal)>,
    /// Where it is written.
    pub span: Span,
}

/// `expect …`.
#[derive(Debug, Clone)]
pub enum Expectation {
    /// The decision.
    Decision(Decision, Span),
    /// The rule fires.
    Fired(RuleIx, Span),
    /// The rule does not fire.
    NotFired(RuleIx, Span),
    /// The expression is true for the event that is judged.
    Holds(Expr),
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// True or false.
    Bool(bool),
    /// 64-bit integer.
    Int(i64),
    /// Finite number.
    Double(f64),
    /// Minor units in a currency.
    Money(i64, Currency),
    /// Text.
    String(Arc<str>),
    /// Microseconds since 1970 UTC.
    Timestamp(i64),
    /// Microseconds.
    Duration(i64),
    /// Index of the word.
    Enum(EnumIx, u32),
    /// Constants of one scalar type.
    List(Scalar, Vec<Self>),
    /// Text to constants of one scalar type, sorted by key.
    Map(Scalar, Vec<(Arc<str>, Self)>),
}

/// A typed expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// Type of its value.
    pub ty: Type,
    /// What it computes.
    pub kind: ExprKind,
    /// Where it is written.
    pub span: Span,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// Arithmetic on two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`: truncates on int; money / money of one currency is a double.
    Divide,
    /// `%`: sign of the left side, int only.
    Remainder,
}

/// What an expression computes. Operands have been brought to one type ([`ExprKind::IntToDouble`]).
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// A constant.
    Literal(Literal),
    /// A field of the event at hand.
    Field(FieldIx),
    /// When the event at hand occurred (`event.occurred_at`, `now`).
    OccurredAt,
    /// A feature for a key.
    Feature(FeatureIx, Vec<Expr>),
    /// `!x`, Kleene.
    Not(Box<Expr>),
    /// `a && b && …`, Kleene.
    And(Vec<Expr>),
    /// `a || b || …`, Kleene.
    Or(Vec<Expr>),
    /// Both sides have one type (currencies of money may be unknown until run time).
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// `value in name_of_a_list`.
    InList(ListIx, Box<Expr>),
    /// `value in [constants]`, constants of the value's type.
    InConstants(Box<Expr>, Vec<Literal>),
    /// `value in list` or `key in map`.
    InCollection(Box<Expr>, Box<Expr>),
    /// Both sides int, double or duration; money with money (+ - /), with int (*), timestamp with duration (+ -), timestamp - timestamp.
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// `-x` on int, double, money, duration.
    Negate(Box<Expr>),
    /// Widens an int (exactly when its magnitude is at most 2^53, else to nearest even).
    IntToDouble(Box<Expr>),
    /// `has(x)`: whether x is not missing; never missing itself.
    Has(Box<Expr>),
    /// `x ?? y`: x unless missing.
    Default(Box<Expr>, Box<Expr>),
    /// `c ? a : b`; missing when c is.
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `m["key"]` or `l[i]`; missing when there is none.
    Index(Box<Expr>, Box<Expr>),
    /// A function of the table; arguments match its signature.
    Call(FunctionIx, Vec<Expr>),
}
