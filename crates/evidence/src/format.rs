//! Which files are taken as evidence, and what their first bytes must be.

use stanch_types::evidence::EvidenceCategory;

/// A format that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvidenceFormat {
    /// Media type (RFC 6838).
    pub media_type: &'static str,
    /// Ending of file names.
    pub ending: &'static str,
    /// What kind of thing it is.
    pub category: EvidenceCategory,
    /// Bytes that must stand in the file and where; a file that lacks them is not what it says.
    magic: Option<(usize, &'static [u8])>,
}

const fn format(
    media_type: &'static str,
    ending: &'static str,
    category: EvidenceCategory,
    magic: Option<(usize, &'static [u8])>,
) -> EvidenceFormat {
    EvidenceFormat {
        media_type,
        ending,
        category,
        magic,
    }
}

/// All of them. Magic bytes are those of each format's own specification.
pub const FORMATS: &[EvidenceFormat] = {
    use EvidenceCategory::{Audio, Container, Document, Picture, Records, Video};
    &[
        format("image/png", "png", Picture, Some((0, b"\x89PNG\r\n\x1a\n"))),
        format("image/jpeg", "jpg", Picture, Some((0, b"\xff\xd8\xff"))),
        format("image/gif", "gif", Picture, Some((0, b"GIF8"))),
        format("image/webp", "webp", Picture, Some((8, b"WEBP"))),
        format("audio/mpeg", "mp3", Audio, None),
        format("audio/wav", "wav", Audio, Some((8, b"WAVE"))),
        format("audio/mp4", "m4a", Audio, Some((4, b"ftyp"))),
        format("video/mp4", "mp4", Video, Some((4, b"ftyp"))),
        format("application/pdf", "pdf", Document, Some((0, b"%PDF-"))),
        format("text/plain", "txt", Document, None),
        format("text/html", "html", Document, None),
        format("text/csv", "csv", Records, None),
        format("application/json", "json", Records, None),
        format("application/x-ndjson", "ndjson", Records, None),
        format("message/rfc822", "eml", Records, None),
        format("application/zip", "zip", Container, Some((0, b"PK"))),
        format("application/octet-stream", "bin", Container, None),
    ]
};

impl EvidenceFormat {
    /// Whether `bytes` can be of this format.
    #[must_use]
    pub fn fits(&self, bytes: &[u8]) -> bool {
        self.magic
            .is_none_or(|(at, magic)| bytes.get(at..).is_some_and(|rest| rest.starts_with(magic)))
    }
}

/// The format with this media type.
#[must_use]
pub fn format_of_type(media_type: &str) -> Option<&'static EvidenceFormat> {
    let wanted = media_type.trim().to_ascii_lowercase();
    FORMATS.iter().find(|format| format.media_type == wanted)
}

/// The format that a file's name says; a medium's image for endings that are not known.
#[must_use]
pub fn format_of_name(name: &str) -> Option<&'static EvidenceFormat> {
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase())
        .unwrap_or_default();
    let ending = match ending.as_str() {
        "jpeg" => "jpg",
        "htm" => "html",
        "log" => "txt",
        other => other,
    };
    FORMATS
        .iter()
        .find(|format| format.ending == ending)
        .or_else(|| format_of_type("application/octet-stream"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_must_begin_as_its_format_does() {
        let png = format_of_name("截图.PNG").unwrap();
        assert_eq!(png.media_type, "image/png");
        assert!(png.fits(b"\x89PNG\r\n\x1a\nrest") && !png.fits(b"GIF89a"));
        let webp = format_of_type("Image/WebP").unwrap();
        assert!(webp.fits(b"RIFF\0\0\0\0WEBPVP8 ") && !webp.fits(b"RIFF"));
        assert_eq!(format_of_name("disk.dd").unwrap().ending, "bin");
        assert_eq!(format_of_type("application/x-msdownload"), None);
    }
}
