//! Puts texts in disguise: `disguise PERCENT SEED <IN >OUT`, one JSON object with a `text` a line.
//!
//! The hand is the one that training never uses; `bench/quality/attack.py` measures with it.

use std::io::{BufRead, BufWriter, Write};

use stanch_train::disguise::{Choice, Hand, Tables, disguise};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let percent: f64 = arguments.next().ok_or("PERCENT is missing")?.parse()?;
    let seed: u64 = arguments.next().ok_or("SEED is missing")?.parse()?;
    let tables = Tables::own();
    let mut out = BufWriter::new(std::io::stdout().lock());
    for (line, number) in std::io::stdin().lock().lines().zip(0..) {
        let mut object: serde_json::Value = serde_json::from_str(&line?)?;
        let text = object.get("text").and_then(serde_json::Value::as_str);
        let choice = Choice::Chance(percent / 100.0);
        let seed = seed.wrapping_add(number);
        let hidden = disguise(
            text.unwrap_or_default(),
            &tables,
            &[Hand::Third],
            choice,
            seed,
        );
        if let Some(place) = object.get_mut("text") {
            *place = hidden.into();
        }
        serde_json::to_writer(&mut out, &object)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
