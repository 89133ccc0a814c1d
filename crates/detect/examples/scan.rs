//! Scans every line of a file so many times and prints the answers of the last round, or only how many: for profilers, hostile
//! inputs, and to compare answers before and after a change. `cargo run --release --example scan -- FILE ROUNDS [quiet]`

use std::io::{BufWriter, Write};
use std::sync::Arc;

use stanch_detect::scan::{Answer, Desk, Judge};
use stanch_detect::text::model::Model;
use stanch_detect::url::UrlModel;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("which file?")?;
    let rounds: usize = arguments.next().ok_or("how many rounds?")?.parse()?;
    let quiet = arguments.next().is_some();
    let bytes = std::fs::read(file)?;
    let texts: Vec<_> = bytes
        .split(|byte| *byte == b'\n')
        .map(String::from_utf8_lossy)
        .collect();
    let judge = Judge::Both(Model::shipped()?);
    let mut desk = Desk::new(judge, UrlModel::shipped()?, Arc::default());
    let mut out = BufWriter::new(std::io::stdout().lock());
    let (mut answer, mut line, mut found) = (Answer::default(), Vec::new(), 0);
    for round in 1..=rounds {
        for text in &texts {
            desk.scan_into(text, &mut answer);
            found += answer.spans.len() + answer.contacts.len();
            line.clear();
            line.push(b'{');
            answer.write_json_fields(&mut line);
            line.extend_from_slice(b"}\n");
            if round == rounds && !quiet {
                out.write_all(&line)?;
            }
        }
    }
    writeln!(out, "{} texts, {found} findings", texts.len())?;
    Ok(())
}
