//! A policy as a whole: its files, its hash, and what it is once read and checked.

use std::cell::OnceCell;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::digest;
use hashbrown::HashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::check::{self, Input, ListText};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::engine::Engine;
use crate::error::RulesError;
use crate::ir::{Program, Span};
use crate::source::SourceMap;
use crate::syntax::ast;
use crate::syntax::lexer::{self, TokenKind};
use crate::syntax::parser;

mod models;
mod read;
mod run;

pub use models::{MAIN_MODEL, MODEL_EXTENSION, MODELS_MAX};

/// How the names of policy files end; other files but [models](MODEL_EXTENSION) are read only when a list names them.
pub const EXTENSION: &str = "policy";
/// Most files of a policy.
pub const FILES_MAX: usize = 2_000;
/// Most bytes of a policy file.
pub const FILE_BYTES_MAX: usize = 1 << 20;
/// Most bytes of a list's file.
pub const LIST_FILE_BYTES_MAX: usize = 1 << 30;
/// Most bytes of all files.
pub const BYTES_MAX: usize = 2 << 30;
/// Most characters of a path inside the policy's folder.
pub const PATH_BYTES_MAX: usize = 512;

/// The files of a policy: paths inside its folder (with `/`) and contents, in path order.
#[derive(Debug, Clone, Default)]
pub struct PolicyFiles {
    files: Vec<PolicyFile>,
}

/// A file of a policy.
#[derive(Debug, Clone)]
pub struct PolicyFile {
    path: String,
    content: Arc<[u8]>,
}

impl PolicyFile {
    /// Path inside the policy's folder, with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The content.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// Whether it is in the policy language, as opposed to a list's file or a model.
    #[must_use]
    pub fn is_policy(&self) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|extension| extension == EXTENSION)
    }

    /// Whether it is a model of texts.
    #[must_use]
    pub fn is_model(&self) -> bool {
        models::is_model(Path::new(&self.path))
    }
}

impl PolicyFiles {
    /// A policy of these files, in any order.
    ///
    /// # Errors
    /// [`RulesError::Path`], [`RulesError::SamePath`], [`RulesError::Limit`].
    pub fn new(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, RulesError> {
        let mut total = 0_usize;
        let mut all = Vec::new();
        for (path, content) in files {
            if path.len() > PATH_BYTES_MAX || check::refuse_path(&path).is_some() {
                return Err(RulesError::Path { path });
            }
            let file = PolicyFile {
                path,
                content: content.into(),
            };
            let most = if file.is_policy() {
                FILE_BYTES_MAX
            } else {
                LIST_FILE_BYTES_MAX
            };
            limit(
                format!("the size of `{}`", file.path),
                file.content.len(),
                most,
            )?;
            total = total.saturating_add(file.content.len());
            all.push(file);
            limit("the number of files".to_owned(), all.len(), FILES_MAX)?;
        }
        limit("the size of the policy".to_owned(), total, BYTES_MAX)?;
        all.sort_by(|a, b| a.path.cmp(&b.path));
        let twice = all.windows(2).find_map(|pair| match pair {
            [a, b] if a.path == b.path => Some(a.path.clone()),
            _ => None,
        });
        match twice {
            Some(path) => Err(RulesError::SamePath { path }),
            None => Ok(Self { files: all }),
        }
    }

    /// Reads the policy in folder `dir`: every `*.policy` and `*.stxm` file in it and its folders, and the files that its lists name.
    /// Names that begin with a dot are passed over; links are refused.
    ///
    /// # Errors
    /// [`RulesError::Read`], [`RulesError::Path`], [`RulesError::Limit`]. A list's file that is not there is a finding of
    /// [`Policy::load`], not an error here.
    pub fn read(dir: &Path) -> Result<Self, RulesError> {
        read::folder(dir)
    }

    /// The files in path order.
    #[must_use]
    pub fn files(&self) -> &[PolicyFile] {
        &self.files
    }

    /// SHA-256 over every file's path and content in path order, each preceded by its length (64 bits, big-endian).
    #[must_use]
    pub fn hash(&self) -> PolicyHash {
        let mut context = digest::Context::new(&digest::SHA256);
        let mut add = |bytes: &[u8]| {
            let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            context.update(&length.to_be_bytes());
            context.update(bytes);
        };
        for file in &self.files {
            add(file.path.as_bytes());
            add(&file.content);
        }
        let mut hash = [0; 32];
        let digest = context.finish();
        for (to, from) in hash.iter_mut().zip(digest.as_ref()) {
            *to = *from;
        }
        PolicyHash(hash)
    }
}

fn limit(what: String, value: usize, most: usize) -> Result<(), RulesError> {
    if value <= most {
        return Ok(());
    }
    Err(RulesError::Limit {
        what,
        limit: u64::try_from(most).unwrap_or(u64::MAX),
    })
}

/// Which policy: the SHA-256 of its files. Printed `sha256:…`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyHash([u8; 32]);

impl PolicyHash {
    /// The hash of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}
impl fmt::Display for PolicyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
impl fmt::Debug for PolicyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for PolicyHash {
    type Err = RulesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || RulesError::BadHash(text.chars().take(80).collect());
        let digits = text.strip_prefix("sha256:").ok_or_else(refuse)?;
        if digits.len() != 64
            || !digits
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        {
            return Err(refuse());
        }
        let mut hash = [0; 32];
        for (at, byte) in hash.iter_mut().enumerate() {
            let pair = digits.get(at * 2..at * 2 + 2).ok_or_else(refuse)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| refuse())?;
        }
        Ok(Self(hash))
    }
}
impl Serialize for PolicyHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for PolicyHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A policy that was read and checked. Immutable; cloning it is cheap.
#[derive(Debug, Clone)]
pub struct Policy {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    hash: PolicyHash,
    engine: Engine,
    warnings: Diagnostics,
}

impl Policy {
    /// Reads and checks the policy.
    ///
    /// # Errors
    /// Everything that is wrong with it, and its warnings.
    pub fn load(files: &PolicyFiles) -> Result<Self, Diagnostics> {
        let (program, diagnostics) = check(files);
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        Ok(Self {
            inner: Arc::new(Inner {
                hash: files.hash(),
                engine: Engine::new(Arc::new(program)),
                warnings: diagnostics,
            }),
        })
    }

    /// The SHA-256 of its files.
    #[must_use]
    pub fn hash(&self) -> PolicyHash {
        self.inner.hash
    }

    /// What it is.
    #[must_use]
    pub fn program(&self) -> &Program {
        self.inner.engine.program()
    }

    /// What was found in it although it was taken; also its text, for places of the program.
    #[must_use]
    pub fn warnings(&self) -> &Diagnostics {
        &self.inner.warnings
    }
}

/// A policy's files as trees, with what is wrong with their syntax.
#[derive(Debug, Default)]
pub(crate) struct Trees {
    /// The text, one source for each file of the policy.
    pub sources: SourceMap,
    /// One tree for each file in the policy language.
    pub trees: Vec<ast::File>,
    /// What is wrong.
    pub found: Vec<Diagnostic>,
}

/// Reads every file that is in the policy language.
pub(crate) fn parse(files: &PolicyFiles) -> Trees {
    let mut all = Trees::default();
    for file in files.files() {
        if !file.is_policy() {
            // The text of lists may be very long: it is kept only when something is wrong with it.
            all.sources.add(file.path(), "");
            continue;
        }
        match std::str::from_utf8(file.content()) {
            Ok(text) => {
                let index = all.sources.add(file.path(), text);
                let parsed = parser::parse(index, text);
                all.found.extend(parsed.diagnostics);
                all.trees.push(parsed.file);
            }
            Err(error) => {
                let at = error.valid_up_to();
                let readable = String::from_utf8_lossy(file.content());
                let index = all.sources.add(file.path(), readable.into_owned());
                let place = u32::try_from(at).unwrap_or(u32::MAX);
                let span = Span {
                    file: index,
                    start: place,
                    end: place,
                };
                let message = format!("byte {at} of this file is not UTF-8");
                let found = Diagnostic::error(Code::NotUtf8, span, message);
                all.found.push(found.hint("save the file as UTF-8"));
            }
        }
    }
    all
}

/// How often each word occurs outside of comments and texts.
fn count_words(files: &PolicyFiles) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for file in files.files().iter().filter(|file| file.is_policy()) {
        let text = String::from_utf8_lossy(file.content());
        for token in lexer::lex(0, &text, 0..text.len()).tokens {
            let word = text.get(token.span.start as usize..token.span.end as usize);
            if let (TokenKind::Word, Some(word)) = (token.kind, word) {
                *counts.entry(word.to_owned()).or_insert(0) += 1;
            }
        }
    }
    counts
}

/// Reads and checks the policy: what it is as far as it could be read, and all that was found. The program is whole only
/// when no finding is an error; editors use it for completion all the same.
#[must_use]
pub fn check(files: &PolicyFiles) -> (Program, Diagnostics) {
    let Trees {
        mut sources,
        trees,
        mut found,
    } = parse(files);
    let list_file = |path: &str| {
        let at = files.files().iter().position(|file| file.path() == path)?;
        let content = files.files().get(at)?.content();
        Some(ListText {
            file: u32::try_from(at).ok()?,
            text: std::str::from_utf8(content).map_err(|error| error.valid_up_to()),
        })
    };
    // A file that could not be read at all explains why there is nothing.
    let is_unreadable = trees.iter().all(|tree| tree.declarations.is_empty()) && !found.is_empty();
    let counts: OnceCell<HashMap<String, usize>> = OnceCell::new();
    let mentions = |word: &str| {
        let counts = counts.get_or_init(|| count_words(files));
        counts.get(word).copied().unwrap_or(0)
    };
    let (mut program, checked) = check::check(Input {
        files: &trees,
        list_file: &list_file,
        has_syntax_errors: !found.is_empty(),
        mentions: &mentions,
    });
    found.extend(
        checked
            .into_iter()
            .filter(|d| !(is_unreadable && d.code == Code::Empty)),
    );
    let (models, of_models) = models::load(files);
    program.models = models;
    found.extend(of_models);
    for (at, file) in files.files().iter().enumerate() {
        let index = u32::try_from(at).unwrap_or(u32::MAX);
        if !file.is_policy() && found.iter().any(|d| d.span.file == index && d.span.end > 0) {
            let text = String::from_utf8_lossy(file.content());
            sources.replace(index, file.path(), text.into_owned());
        }
    }
    (program, Diagnostics::new(found, sources))
}

#[cfg(test)]
mod tests;
