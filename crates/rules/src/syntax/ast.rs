//! The tree of a policy file: what was written, before any name is looked up.

use crate::ir::Span;

/// Where a node is written. Two trees are equal when they say the same, wherever it is written, so places are
/// always equal to each other.
#[derive(Debug, Clone, Copy, Default)]
pub struct At(pub Span);

impl PartialEq for At {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}
impl Eq for At {}

/// A name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name as written.
    pub text: String,
    /// Where.
    pub at: At,
}

/// A text literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text, escapes resolved.
    pub value: String,
    /// Whether it is written `r"…"`, without escapes.
    pub raw: bool,
    /// Where, with its quotes.
    pub at: At,
}

/// A length of time as written, such as `24h` or `1h30m`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Length {
    /// As written.
    pub text: String,
    /// Microseconds.
    pub micros: i64,
    /// Where.
    pub at: At,
}

/// A number as written, perhaps with a minus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// As written.
    pub text: String,
    /// Where.
    pub at: At,
}

/// An instant as written: `2026-03-01` (midnight UTC) or RFC 3339.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instant {
    /// As written.
    pub text: String,
    /// Microseconds since 1970 UTC.
    pub micros: i64,
    /// Where.
    pub at: At,
}

/// What a file declares, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct File {
    /// The declarations.
    pub declarations: Vec<Declaration>,
}

/// A declaration with its `///` comments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// Lines of the `///` comments before it, without the slashes and one space.
    pub docs: Vec<String>,
    /// What is declared.
    pub item: Item,
    /// Where, from the keyword to the last token.
    pub at: At,
}

/// What can be declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// `event`
    Event(Event),
    /// `feature`
    Feature(Feature),
    /// `list`
    List(List),
    /// `script`
    Script(Script),
    /// `rule`
    Rule(Rule),
    /// `ruleset`
    Ruleset(Ruleset),
    /// `test`
    Test(Test),
}

/// `event NAME { … }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Name of the kind.
    pub name: Name,
    /// `retention …`; each that is written.
    pub retention: Vec<Length>,
    /// Fields in order.
    pub fields: Vec<Field>,
    /// The closing brace.
    pub end: At,
}

/// `NAME TYPE[?] MARK…`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Lines of the `///` comments before it.
    pub docs: Vec<String>,
    /// Name of the field.
    pub name: Name,
    /// Its type.
    pub ty: TypeName,
    /// `?`
    pub optional: bool,
    /// `key`, `personal`, `regional` as written, in order.
    pub marks: Vec<(Mark, At)>,
    /// From the name to the last mark.
    pub at: At,
}

/// A mark of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Decisions are found by it.
    Key,
    /// Personal data.
    Personal,
    /// Says where somebody or something is.
    Regional,
}

stanch_types::words! { Mark { Key = "key", Personal = "personal", Regional = "regional" } }

/// A type as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeName {
    /// What kind.
    pub kind: TypeKind,
    /// Where.
    pub at: At,
}

/// The forms of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeKind {
    /// A word: `string`, `int`, `money` …
    Named(Name),
    /// `money(CNY)`
    Money(Name),
    /// `enum { a, b }`
    Enum(Vec<Name>),
    /// `list<T>`
    List(Name),
    /// `map<T>`
    Map(Name),
}

/// `feature NAME = AGGREGATE(…) of … by … over … [where …] including|excluding self`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// Name of the feature.
    pub name: Name,
    /// Name of the aggregate.
    pub aggregate: Name,
    /// What is aggregated.
    pub arguments: Vec<Expr>,
    /// Event kinds.
    pub of: Vec<Name>,
    /// Parts of the key.
    pub by: Vec<KeyPart>,
    /// Length of the window.
    pub over: Option<Length>,
    /// Which events count.
    pub filter: Option<Expr>,
    /// `including self` or `excluding self`.
    pub include_self: Option<bool>,
}

/// A part of a feature's key: `EXPRESSION [as NAME]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPart {
    /// The value.
    pub value: Expr,
    /// Its name.
    pub name: Option<Name>,
}

/// `list NAME KIND { … }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Name of the list.
    pub name: Name,
    /// How entries are compared.
    pub kind: Name,
    /// `file "…"`; each that is written.
    pub files: Vec<Text>,
    /// Entries written in place.
    pub entries: Vec<Entry>,
    /// The closing brace.
    pub end: At,
}

/// `"…" [until …]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The value.
    pub value: Text,
    /// When it ends.
    pub until: Option<Instant>,
}

/// `script NAME { … }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Name of the script.
    pub name: Name,
    /// Clauses in the order written.
    pub clauses: Vec<ScriptClause>,
    /// The closing brace.
    pub end: At,
}

/// A clause of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptClause {
    /// What it says.
    pub kind: ScriptClauseKind,
    /// Where, from its keyword.
    pub at: At,
}

/// The clauses of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptClauseKind {
    /// `title zh "…" en "…"`
    Title(Vec<Reason>),
    /// `typology "…"`
    Typology(Text),
    /// `memory DURATION`
    Memory(Length),
    /// `of EVENT, … by KEY`
    Of(Vec<Name>, Vec<KeyPart>),
    /// `stage NAME { … }`
    Stage(Stage),
}

/// `stage NAME { … }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Lines of the `///` comments before it.
    pub docs: Vec<String>,
    /// Name of the stage.
    pub name: Name,
    /// Clauses in the order written.
    pub clauses: Vec<StageClause>,
    /// The closing brace.
    pub end: At,
}

/// A clause of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageClause {
    /// What it says.
    pub kind: StageClauseKind,
    /// Where, from its keyword.
    pub at: At,
}

/// The clauses of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StageClauseKind {
    /// `title zh "…" en "…"`
    Title(Vec<Reason>),
    /// `need NUMBER`
    Need(Number),
    /// `cue NAME weight NUMBER on EVENT, … when EXPRESSION`
    Cue(Cue),
    /// `act WORD, …`
    Act(Vec<Name>),
    /// `card zh "…" en "…"`
    Card(Vec<Reason>),
}

/// `cue NAME weight NUMBER on EVENT, … when EXPRESSION`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// Lines of the `///` comments before it.
    pub docs: Vec<String>,
    /// Name of the cue.
    pub name: Name,
    /// How much it says.
    pub weight: Number,
    /// Event kinds.
    pub on: Vec<Name>,
    /// When it is there.
    pub when: Expr,
}

/// `rule NAME on … { … }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Name of the rule.
    pub name: Name,
    /// Event kinds.
    pub on: Vec<Name>,
    /// Clauses in the order written.
    pub clauses: Vec<Clause>,
    /// The closing brace.
    pub end: At,
}

/// A clause of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// What it says.
    pub kind: ClauseKind,
    /// Where, from its keyword.
    pub at: At,
}

/// The clauses of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClauseKind {
    /// `when EXPRESSION`
    When(Expr),
    /// `then DECISION [for DURATION]`
    Then(Name, Option<Length>),
    /// `measure KIND [for DURATION]`
    Measure(Name, Option<Length>),
    /// `score N`
    Score(Number),
    /// `owner "…"`
    Owner(Text),
    /// `typology "…"`
    Typology(Text),
    /// `reason zh "…" en "…"`
    Reason(Vec<Reason>),
}

/// A reason in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// `zh` or `en`.
    pub language: Name,
    /// The text with its holes.
    pub template: Template,
}

/// A text with `{expression}` in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Pieces in order; two texts never follow each other.
    pub pieces: Vec<Piece>,
    /// Where, with its quotes.
    pub at: At,
}

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text, escapes and doubled braces resolved.
    Text(String),
    /// `{expression}`
    Value(Expr),
}

/// `ruleset NAME on … { mode … use … }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruleset {
    /// Name of the set.
    pub name: Name,
    /// Event kinds.
    pub on: Vec<Name>,
    /// `mode …`; each that is written.
    pub modes: Vec<Mode>,
    /// `use …`; each that is written.
    pub uses: Vec<Use>,
    /// The closing brace.
    pub end: At,
}

/// `mode WORD [{ N DECISION; … }]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mode {
    /// `all`, `first_match` or `score`.
    pub word: Name,
    /// Thresholds of `score`.
    pub thresholds: Option<Vec<Threshold>>,
    /// Where.
    pub at: At,
}

/// `N DECISION`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    /// The sum of scores from which it holds.
    pub score: Number,
    /// The decision.
    pub decision: Name,
}

/// `use *` or `use a, b`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The rules; none for `*`.
    pub rules: Option<Vec<Name>>,
    /// Where.
    pub at: At,
}

/// `test "…" { … }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// Name of the test.
    pub name: Text,
    /// `given`, `when`, `expect` in the order written.
    pub steps: Vec<Step>,
    /// The closing brace.
    pub end: At,
}

/// A line of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it says.
    pub kind: StepKind,
    /// Where, from its keyword.
    pub at: At,
}

/// The lines of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepKind {
    /// `given KIND { … } [at …]`
    Given(Given),
    /// `when KIND { … } [at …]`
    When(Given),
    /// `expect DECISION`
    Decision(Name),
    /// `expect fired RULE`
    Fired(Name),
    /// `expect not fired RULE`
    NotFired(Name),
    /// `expect EXPRESSION`
    Holds(Expr),
}

/// An event of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The event kind.
    pub event: Name,
    /// Fields and their values.
    pub fields: Vec<(Name, Expr)>,
    /// When.
    pub time: Option<TestTime>,
    /// From the kind to the closing brace.
    pub at: At,
}

/// When an event of a test occurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestTime {
    /// `at INSTANT`
    Instant(Instant),
    /// `at +DURATION`: after the event before.
    After(Length),
}

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where.
    pub at: At,
    /// Longest way down to a leaf, 1 for a leaf.
    pub height: u16,
}

/// The forms of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExprKind {
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Int(String),
    /// A number with a point or an exponent.
    Double(String),
    /// A text.
    Text(Text),
    /// A length of time.
    Duration(Length),
    /// A name on its own.
    Name(String),
    /// `x.name`
    Member(Box<Expr>, Name),
    /// `name(…)`
    Call(Name, Vec<Expr>),
    /// `x.name(…)`
    Method(Box<Expr>, Name, Vec<Expr>),
    /// `x[i]`
    Index(Box<Expr>, Box<Expr>),
    /// `(x)`
    Paren(Box<Expr>),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{ "a": 1 }`
    Map(Vec<(Text, Expr)>),
    /// `!x`
    Not(Box<Expr>),
    /// `-x`
    Negate(Box<Expr>),
    /// `a && b && …`
    And(Vec<Expr>),
    /// `a || b || …`
    Or(Vec<Expr>),
    /// `a ?? b`
    Default(Box<Expr>, Box<Expr>),
    /// Any other operator between two operands.
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `c ? a : b`
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    /// What could not be read; a diagnostic has been given.
    Error,
}

/// Operators between two operands, but for `&&`, `||` and `??`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
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
    /// `in`
    In,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

stanch_types::words! { Operator {
    Equal = "==",
    NotEqual = "!=",
    Less = "<",
    LessOrEqual = "<=",
    Greater = ">",
    GreaterOrEqual = ">=",
    In = "in",
    Add = "+",
    Subtract = "-",
    Multiply = "*",
    Divide = "/",
    Remainder = "%",
} }
