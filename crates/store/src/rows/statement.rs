//! Which rows a statement changes, read from its text. The texts are this crate's own constants: what is not
//! understood is refused, so that a new statement on a bound table shows at its first run.

use std::collections::BTreeMap;

use crate::db::{Arg, Cell};
use crate::rows::table::{BoundTable, KeyPart, lookup};

/// Said of a statement whose rows are not named by their keys.
const UNNAMED: &str = "it changes rows of a bound table without naming each by its key";
const UNREAD: &str = "it changes a bound table in a form that is not understood";

/// A change of rows of a bound table.
#[derive(Debug)]
pub(crate) struct Change {
    pub table: &'static BoundTable,
    pub kind: Kind,
    /// The rows, each with where its values stand among the arguments.
    pub rows: Vec<Names>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The row is new, or the statement fails.
    Insert,
    /// The row may be there.
    Upsert,
    /// The row is there, or nothing happens.
    Rewrite,
}

/// Where a row's values stand among the arguments (from 0).
#[derive(Debug)]
pub(crate) struct Names {
    key: Vec<usize>,
    /// Of an `INSERT`: every column given; none if one is not given by an argument.
    columns: Option<Vec<(String, usize)>>,
}

impl Names {
    pub fn key(&self, args: &[Arg<'_>]) -> Option<Vec<KeyPart>> {
        self.key
            .iter()
            .map(|place| cell(args.get(*place)?).as_ref().and_then(KeyPart::of))
            .collect()
    }

    /// The row's columns that are not NULL.
    pub fn cells(&self, args: &[Arg<'_>]) -> Option<BTreeMap<String, Cell>> {
        let mut cells = BTreeMap::new();
        for (name, place) in self.columns.as_ref()? {
            if let Some(cell) = cell(args.get(*place)?) {
                cells.insert(name.clone(), cell);
            }
        }
        Some(cells)
    }
}

fn cell(arg: &Arg<'_>) -> Option<Cell> {
    match *arg {
        Arg::Text(text) => text.map(|text| Cell::Text(text.as_bytes().to_vec())),
        Arg::Int(number) => number.map(Cell::Int),
        Arg::Bytes(bytes) => bytes.map(|bytes| Cell::Bytes(bytes.to_vec())),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// `$1` is 0.
    Place(usize),
    Text,
    Sign(char),
}

impl Token<'_> {
    fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }
}

/// The change that a statement makes to a bound table; none if it makes none. A statement that writes every value
/// back as it is (a lock) changes nothing.
pub(crate) fn parse(sql: &str) -> Result<Option<Change>, &'static str> {
    let tokens = tokens(sql);
    match tokens.as_slice() {
        [verb, into, Token::Word(name), rest @ ..] if verb.is("INSERT") && into.is("INTO") => {
            lookup(name).map(|table| insert(table, rest)).transpose()
        }
        [verb, Token::Word(name), set, rest @ ..] if verb.is("UPDATE") && set.is("SET") => {
            lookup(name).map_or(Ok(None), |table| update(table, rest))
        }
        [verb, from, Token::Word(name), rest @ ..] if verb.is("DELETE") && from.is("FROM") => {
            lookup(name).map(|table| delete(table, rest)).transpose()
        }
        [verb, ..] if verb.is("SELECT") || verb.is("PRAGMA") => Ok(None),
        _ => {
            let touches = tokens.windows(2).any(|pair| match pair {
                [verb, Token::Word(name)] => {
                    (verb.is("UPDATE") || verb.is("INTO") || verb.is("FROM"))
                        && lookup(name).is_some()
                }
                _ => false,
            });
            if touches { Err(UNREAD) } else { Ok(None) }
        }
    }
}

fn insert(table: &'static BoundTable, rest: &[Token<'_>]) -> Result<Change, &'static str> {
    let (columns, rest) = list(rest).ok_or(UNREAD)?;
    let columns: Vec<&str> = columns
        .iter()
        .filter_map(|column| one_word(column))
        .collect();
    let Some((verb, mut rest)) = rest.split_first() else {
        return Err(UNREAD);
    };
    let conflict = rest.windows(2).any(|pair| match pair {
        [on, conflict] => on.is("ON") && conflict.is("CONFLICT"),
        _ => false,
    });
    let kind = if conflict { Kind::Upsert } else { Kind::Insert };
    let mut rows = Vec::new();
    if verb.is("SELECT") {
        let end = rest
            .iter()
            .position(|token| token.is("FROM"))
            .ok_or(UNREAD)?;
        let (values, _) = rest.split_at(end);
        let values = split(values, |token| *token == Token::Sign(','));
        rows.push(names(table, &columns, &values)?);
    } else if verb.is("VALUES") {
        while let Some((row, after)) = list(rest) {
            rows.push(names(table, &columns, &row)?);
            rest = match after {
                [Token::Sign(','), more @ ..] => more,
                other => other,
            };
        }
    }
    if rows.is_empty() {
        return Err(UNREAD);
    }
    Ok(Change { table, kind, rows })
}

fn names(
    table: &BoundTable,
    columns: &[&str],
    row: &[&[Token<'_>]],
) -> Result<Names, &'static str> {
    if row.len() != columns.len() {
        return Err(UNREAD);
    }
    let mut given = BTreeMap::new();
    let mut whole = true;
    for (column, value) in columns.iter().zip(row) {
        match value {
            [Token::Place(place)] => drop(given.insert((*column).to_owned(), *place)),
            [null] if null.is("NULL") => {}
            _ => whole = false,
        }
    }
    let key = key(table, &given)?;
    let columns = whole.then(|| given.into_iter().collect());
    Ok(Names { key, columns })
}

fn update(table: &'static BoundTable, rest: &[Token<'_>]) -> Result<Option<Change>, &'static str> {
    let at = rest
        .iter()
        .position(|token| token.is("WHERE"))
        .ok_or(UNNAMED)?;
    let (sets, conditions) = rest.split_at(at);
    let same = |set: &&[Token<'_>]| matches!(set, [to, Token::Sign('='), from] if to == from);
    if split(sets, |token| *token == Token::Sign(','))
        .iter()
        .all(same)
    {
        return Ok(None);
    }
    named(table, conditions).map(Some)
}

fn delete(table: &'static BoundTable, rest: &[Token<'_>]) -> Result<Change, &'static str> {
    match rest.first() {
        Some(token) if token.is("WHERE") => named(table, rest),
        Some(_) | None => Err(UNNAMED),
    }
}

/// A change of the row that `WHERE a = $1 AND b = $2 ...` names.
fn named(table: &'static BoundTable, conditions: &[Token<'_>]) -> Result<Change, &'static str> {
    let end = conditions.iter().position(|token| token.is("RETURNING"));
    let (conditions, _) = conditions.split_at(end.unwrap_or(conditions.len()));
    let conditions = conditions.get(1..).unwrap_or_default();
    let mut given = BTreeMap::new();
    if !conditions.iter().any(|token| token.is("OR")) {
        for condition in split(conditions, |token| token.is("AND")) {
            if let [Token::Word(column), Token::Sign('='), Token::Place(place)] = condition {
                let column = column.rsplit('.').next().unwrap_or(column);
                given.insert(column.to_owned(), *place);
            }
        }
    }
    let names = Names {
        key: key(table, &given)?,
        columns: None,
    };
    Ok(Change {
        table,
        kind: Kind::Rewrite,
        rows: vec![names],
    })
}

fn key(table: &BoundTable, given: &BTreeMap<String, usize>) -> Result<Vec<usize>, &'static str> {
    let places: Option<Vec<usize>> = table
        .key
        .iter()
        .map(|column| given.get(*column).copied())
        .collect();
    places.ok_or(UNNAMED)
}

fn one_word<'a>(tokens: &&[Token<'a>]) -> Option<&'a str> {
    match tokens {
        [Token::Word(word)] => Some(word),
        _ => None,
    }
}

/// The parts of `( a, b, f(c, d) )` at the front, and what follows it.
fn list<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<(Vec<&'t [Token<'a>]>, &'t [Token<'a>])> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign('(') => depth += 1,
            Token::Sign(')') => depth = depth.checked_sub(1)?,
            _ if depth == 0 => return None,
            Token::Word(_) | Token::Place(_) | Token::Text | Token::Sign(_) => {}
        }
        if depth == 0 {
            let inner = tokens.get(1..at)?;
            let parts = split(inner, |token| *token == Token::Sign(','));
            return Some((parts, tokens.get(at + 1..)?));
        }
    }
    None
}

/// Splits at the tokens outside parentheses that `at` accepts.
fn split<'t, 'a>(tokens: &'t [Token<'a>], at: impl Fn(&Token<'a>) -> bool) -> Vec<&'t [Token<'a>]> {
    let mut depth = 0_i32;
    tokens
        .split(|token| {
            match token {
                Token::Sign('(') => depth += 1,
                Token::Sign(')') => depth -= 1,
                Token::Word(_) | Token::Place(_) | Token::Text | Token::Sign(_) => {}
            }
            depth == 0 && at(token)
        })
        .collect()
}

fn tokens(sql: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let length = if first == '\'' {
            let body = rest.get(1..).unwrap_or_default();
            tokens.push(Token::Text);
            body.find('\'').map_or(rest.len(), |end| end + 2)
        } else if first == '$' {
            let digits = rest.get(1..).unwrap_or_default();
            let end = digits
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(digits.len());
            let number = digits
                .get(..end)
                .and_then(|digits| digits.parse::<usize>().ok());
            tokens.push(Token::Place(number.unwrap_or(0).wrapping_sub(1)));
            end + 1
        } else if word(first) {
            let end = rest.find(|c: char| !word(c)).unwrap_or(rest.len());
            tokens.push(Token::Word(rest.get(..end).unwrap_or_default()));
            end
        } else {
            tokens.push(Token::Sign(first));
            first.len_utf8()
        };
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(sql: &str) -> (Kind, Vec<Vec<usize>>, bool) {
        let change = parse(sql).unwrap().unwrap();
        let whole = change.rows.iter().all(|row| row.columns.is_some());
        let keys = change.rows.into_iter().map(|row| row.key).collect();
        (change.kind, keys, whole)
    }

    #[test]
    fn rows_are_named_by_their_keys() {
        let insert = "INSERT INTO order_transitions (org_id, order_id, seq, at, body) VALUES ($1, $2, $3, $4, $5)";
        assert_eq!(change(insert), (Kind::Insert, vec![vec![1, 2]], true));
        let two = "INSERT INTO leads (org_id, id, body) VALUES ($1, $2, $3), ($1, $4, 'x') ON CONFLICT DO NOTHING";
        assert_eq!(change(two), (Kind::Upsert, vec![vec![1], vec![3]], false));
        let select = "INSERT INTO order_answers (org_id, id, institution) SELECT o.org_id, $2, o.x FROM orders o WHERE o.id = $4";
        assert_eq!(change(select), (Kind::Insert, vec![vec![1]], false));
        let update = "UPDATE leads SET unit = COALESCE($7, unit), body = $3 WHERE org_id = $1 AND leads.id = $2 RETURNING 1";
        assert_eq!(change(update), (Kind::Rewrite, vec![vec![1]], false));
        let delete = "DELETE FROM labels WHERE org_id = $1 AND id = $2 AND labelled_at < $3";
        assert_eq!(change(delete), (Kind::Rewrite, vec![vec![1]], false));
    }

    #[test]
    fn locks_and_other_tables_change_nothing() {
        for sql in [
            "UPDATE cases SET state = state WHERE org_id = $1 AND id = $2 RETURNING body",
            "UPDATE jobs SET state = 'done' WHERE org_id = $1",
            "DELETE FROM sessions WHERE org_id = $1 AND expires_at <= $2",
            "SELECT body FROM cases WHERE org_id = $1",
            "WITH due AS (SELECT id FROM jobs) UPDATE jobs SET worker = $1 FROM due WHERE jobs.id = due.id",
        ] {
            assert!(parse(sql).unwrap().is_none(), "{sql}");
        }
    }

    #[test]
    fn rows_that_are_not_named_are_refused() {
        for sql in [
            "DELETE FROM labels WHERE org_id = $1 AND labelled_at < $2",
            "DELETE FROM labels",
            "UPDATE cases SET state = $2 WHERE org_id = $1",
            "UPDATE cases SET state = $3 WHERE org_id = $1 AND id = $2 OR state = $4",
            "UPDATE order_transitions SET body = $3 WHERE org_id = $1 AND order_id = $2",
            "INSERT INTO leads (org_id, id) SELECT org_id, id FROM reports",
            "WITH old AS (SELECT 1) DELETE FROM leads WHERE org_id = $1 AND id = $2",
        ] {
            assert!(parse(sql).is_err(), "{sql}");
        }
    }
}
