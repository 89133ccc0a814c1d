//! Reading a policy's folder: the one place of this crate that touches the disk.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use stanch_detect::text::model::MODEL_BYTES_MAX;

use super::models::is_model;
use super::{
    EXTENSION, FILE_BYTES_MAX, FILES_MAX, LIST_FILE_BYTES_MAX, PolicyFiles, RulesError, limit,
};
use crate::check::refuse_path;
use crate::syntax::ast::Item;
use crate::syntax::parser;

/// Deepest folder inside the policy's folder.
const FOLDERS_DEEP_MAX: usize = 8;

pub fn folder(dir: &Path) -> Result<PolicyFiles, RulesError> {
    let mut files = BTreeMap::new();
    walk(dir, dir, 0, &mut files)?;
    for path in list_paths(&files) {
        if files.contains_key(&path) {
            continue;
        }
        if let Some(content) = list_file(dir, &path)? {
            files.insert(path, content);
        }
    }
    PolicyFiles::new(files)
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> RulesError {
    let path = path.to_owned();
    move |source| RulesError::Read { path, source }
}

/// Reads the policy files and models of `dir` and its folders.
fn walk(
    root: &Path,
    dir: &Path,
    depth: usize,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), RulesError> {
    limit(
        format!("the depth of {}", dir.display()),
        depth,
        FOLDERS_DEEP_MAX,
    )?;
    for entry in fs::read_dir(dir).map_err(failed(dir))? {
        let entry = entry.map_err(failed(dir))?;
        let path = entry.path();
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if is_hidden {
            continue;
        }
        let kind = entry.file_type().map_err(failed(&path))?;
        let most = match path.extension().is_some_and(|e| e == EXTENSION) {
            true => Some(FILE_BYTES_MAX),
            false => is_model(&path).then_some(MODEL_BYTES_MAX),
        };
        if kind.is_symlink() && (most.is_some() || path.is_dir()) {
            return Err(RulesError::Path {
                path: format!("{} (a link)", path.display()),
            });
        }
        if kind.is_dir() {
            walk(root, &path, depth + 1, files)?;
        } else if let Some(most) = most.filter(|_| kind.is_file()) {
            limit("the number of files".to_owned(), files.len() + 1, FILES_MAX)?;
            let content = read_at_most(&path, most)?;
            files.insert(inside(root, &path)?, content);
        }
    }
    Ok(())
}

/// The path inside the policy's folder, with `/`.
fn inside(root: &Path, path: &Path) -> Result<String, RulesError> {
    let refuse = || RulesError::Path {
        path: path.display().to_string(),
    };
    let relative = path.strip_prefix(root).map_err(|_| refuse())?;
    let parts: Option<Vec<&str>> = relative.iter().map(|part| part.to_str()).collect();
    Ok(parts.ok_or_else(refuse)?.join("/"))
}

/// The paths that the lists of these files name, but for those that [`crate::check`] refuses anyway.
fn list_paths(files: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let mut paths = Vec::new();
    for content in files.values() {
        let Ok(text) = std::str::from_utf8(content) else {
            continue;
        };
        for declaration in parser::parse(0, text).file.declarations {
            if let Item::List(list) = declaration.item {
                paths.extend(list.files.into_iter().map(|file| file.value));
            }
        }
    }
    paths.retain(|path| refuse_path(path).is_none());
    paths
}

/// The content of a list's file; none when there is no such file.
fn list_file(root: &Path, path: &str) -> Result<Option<Vec<u8>>, RulesError> {
    let full: PathBuf = root.join(path);
    let Ok(real) = full.canonicalize() else {
        return Ok(None);
    };
    let root = root.canonicalize().map_err(failed(root))?;
    if !real.starts_with(&root) {
        return Err(RulesError::Path {
            path: format!("{path} (a link)"),
        });
    }
    if !real.is_file() {
        return Ok(None);
    }
    read_at_most(&real, LIST_FILE_BYTES_MAX).map(Some)
}

fn read_at_most(path: &Path, most: usize) -> Result<Vec<u8>, RulesError> {
    let file = fs::File::open(path).map_err(failed(path))?;
    let bound = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut content = Vec::new();
    file.take(bound)
        .read_to_end(&mut content)
        .map_err(failed(path))?;
    limit(
        format!("the size of {}", path.display()),
        content.len(),
        most,
    )?;
    Ok(content)
}
