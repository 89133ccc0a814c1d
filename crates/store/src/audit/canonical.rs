//! Canonical JSON for audit leaves: RFC 8785 (JCS) without fractions. Members sorted by UTF-16 code units, no white
//! space, shortest escapes; integers of 64 bits in plain decimal.

use serde_json::Value;

/// Deepest nesting of an entry.
const DEPTH_MAX: usize = 32;

/// The canonical text of `value`.
///
/// # Errors
/// Says why there is none: a fraction, or nesting deeper than 32.
pub fn to_string(value: &Value) -> Result<String, &'static str> {
    let mut out = String::new();
    write(value, &mut out, 0)?;
    Ok(out)
}

fn write(value: &Value, out: &mut String, depth: usize) -> Result<(), &'static str> {
    if depth > DEPTH_MAX {
        return Err("it is nested too deeply");
    }
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) if number.is_i64() || number.is_u64() => {
            out.push_str(&number.to_string());
        }
        Value::Number(_) => return Err("it holds a number that is not a whole one of 64 bits"),
        Value::String(text) => write_text(text, out),
        Value::Array(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                write(item, out, depth + 1)?;
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (position, (name, member)) in sorted.into_iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                write_text(name, out);
                out.push(':');
                write(member, out, depth + 1)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if u32::from(control) < 0x20 => {
                out.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            plain => out.push(plain),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_are_sorted_by_utf_16_and_spaces_are_gone() {
        // RFC 8785 section 3.2.3: the order differs from that of code points for U+FB33 and U+1F600.
        let value = json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
        assert_eq!(
            to_string(&value).unwrap(),
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
        );
    }

    #[test]
    fn texts_are_escaped_shortest() {
        let value = json!("\u{20ac}$\u{f}\nA'B\"\\\\\"/");
        assert_eq!(to_string(&value).unwrap(), r#""€$\u000f\nA'B\"\\\\\"/""#);
    }

    #[test]
    fn whole_numbers_only() {
        assert_eq!(
            to_string(&json!([i64::MIN, u64::MAX, -0, true, null])).unwrap(),
            "[-9223372036854775808,18446744073709551615,0,true,null]"
        );
        assert!(to_string(&json!(1.5)).is_err());
        assert!(to_string(&json!({"a": [1e3]})).is_err());
    }

    #[test]
    fn deep_nesting_is_refused() {
        let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
        assert!(to_string(&deep).is_err());
    }
}
