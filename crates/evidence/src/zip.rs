//! The zip of a package (PKWARE APPNOTE 6.3.10): stored entries, one time, no comments, no extra fields, nothing
//! between entries. Every byte outside of the files' own follows from names, sizes and checksums, so that a reader can
//! compare them all.

/// Signature of a local file header (APPNOTE 4.3.7).
const LOCAL: u32 = 0x0403_4b50;
/// Signature of a header of the central directory (4.3.12).
const CENTRAL: u32 = 0x0201_4b50;
/// Signature of the end of the central directory (4.3.16).
const END: u32 = 0x0605_4b50;
/// Version needed to extract: 2.0 (4.4.3).
const VERSION: u16 = 20;
/// 1980-01-01, the first date there is (4.4.6).
const DATE: u16 = 0x0021;
/// Length of a local header without the name.
pub(crate) const LOCAL_LEN: usize = 30;
/// Where the checksum stands in a local header.
pub(crate) const CRC_AT: usize = 14;
/// Longest name.
pub(crate) const NAME_LEN_MAX: usize = 120;
/// Most entries.
pub(crate) const ENTRIES_MAX: usize = 20_000;

/// A name, a size and a checksum: all that the zip says of a file besides its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub name: String,
    pub size: u32,
    pub crc: u32,
    /// Where its local header begins.
    pub at: u32,
}

/// Whether `name` may be in a package: segments of `a-z 0-9 . _ -` that do not begin with a dot.
pub(crate) fn is_name(name: &str) -> bool {
    name.len() <= NAME_LEN_MAX
        && name.split('/').all(|segment| {
            !segment.is_empty()
                && !segment.starts_with('.')
                && segment.bytes().all(|b| {
                    b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-')
                })
        })
}

/// CRC-32 (4.4.7).
pub(crate) fn crc(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

/// The local header of a file and its name.
pub(crate) fn local_header(name: &str, size: u32, crc: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(LOCAL_LEN + name.len());
    out.extend(LOCAL.to_le_bytes());
    common(&mut out, name, size, crc);
    out.extend(name.as_bytes());
    out
}

/// The fields that local and central headers share, from the version on; no extra field.
fn common(out: &mut Vec<u8>, name: &str, size: u32, crc: u32) {
    let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
    out.extend(VERSION.to_le_bytes());
    // Flags, method (stored), time.
    out.extend([0; 6]);
    out.extend(DATE.to_le_bytes());
    out.extend(crc.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend([0; 2]);
}

/// The central directory and its end, for `entries` whose headers and bytes end at `at`.
pub(crate) fn directory(entries: &[Entry], at: u32) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in entries {
        out.extend(CENTRAL.to_le_bytes());
        out.extend(VERSION.to_le_bytes());
        common(&mut out, &entry.name, entry.size, entry.crc);
        // Comment length, disk, attributes.
        out.extend([0; 10]);
        out.extend(entry.at.to_le_bytes());
        out.extend(entry.name.as_bytes());
    }
    let length = u32::try_from(out.len()).unwrap_or(u32::MAX);
    let number = u16::try_from(entries.len()).unwrap_or(u16::MAX);
    out.extend(END.to_le_bytes());
    out.extend([0; 4]);
    out.extend(number.to_le_bytes());
    out.extend(number.to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0; 2]);
    out
}

/// The zip of `files`, in their order.
///
/// # Errors
/// Says which bound is passed.
pub(crate) fn write(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, &'static str> {
    if files.len() > ENTRIES_MAX {
        return Err("it has too many files");
    }
    let mut out = Vec::new();
    let mut entries = Vec::with_capacity(files.len());
    for (name, bytes) in files {
        if !is_name(name) {
            return Err("a file has a name that may not be");
        }
        let (Ok(size), Ok(at)) = (u32::try_from(bytes.len()), u32::try_from(out.len())) else {
            return Err("it is larger than 4 GiB");
        };
        let crc = crc(bytes);
        out.extend(local_header(name, size, crc));
        out.extend(bytes);
        entries.push(Entry {
            name: name.clone(),
            size,
            crc,
            at,
        });
    }
    let at = u32::try_from(out.len()).map_err(|_| "it is larger than 4 GiB")?;
    out.extend(directory(&entries, at));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_their_folder() {
        for good in ["manifest.json", "items/evidence_01.png", "a-b/c_d.e"] {
            assert!(is_name(good), "{good}");
        }
        let long = "x".repeat(NAME_LEN_MAX + 1);
        for bad in [
            "", "/a", "a/", "../a", "a/../b", ".a", "A", "a b", "a\\b", "中", &long,
        ] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    /// The bytes of the smallest package, by hand from the APPNOTE.
    #[test]
    fn the_bytes_are_those_of_the_specification() {
        let zip = write(&[("a".to_owned(), b"abc".to_vec())]).unwrap();
        let mut wanted = b"PK\x03\x04\x14\0\0\0\0\0\0\0\x21\0".to_vec();
        wanted.extend(b"\xc2\x41\x24\x35\x03\0\0\0\x03\0\0\0\x01\0\0\0aabc");
        wanted.extend(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\x21\0");
        wanted.extend(b"\xc2\x41\x24\x35\x03\0\0\0\x03\0\0\0\x01\0\0\0");
        wanted.extend(b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0a");
        wanted.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x2f\0\0\0\x22\0\0\0\0\0");
        assert_eq!(zip, wanted);
    }
}
