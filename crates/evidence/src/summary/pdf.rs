//! A small PDF writer (ISO 32000-1): text in two fonts that every reader has, lines and boxes.
//!
//! Latin text is Helvetica, one of the standard fonts (9.6.2.2). The rest is `STSong-Light` of the Adobe-GB1 collection
//! with the predefined encoding `UniGB-UTF16-H` (9.7.5.2): readers bring the font, so that none is put in.

use std::fmt::Write as _;

/// Widths of Helvetica from U+0020 to U+007E, thousandths of the size (Adobe's font metrics).
const HELVETICA: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
/// Width of a character of the other font.
const WIDE: u16 = 1000;
/// Objects before the pages: catalogue, page tree, Helvetica, and three of the other font.
const OBJECTS_BEFORE: usize = 6;

/// A document under way.
#[derive(Debug)]
pub(super) struct Document {
    pages: Vec<Page>,
}

/// A page under way. Lengths are points from the lower left corner.
#[derive(Debug)]
pub(super) struct Page {
    pub width: f64,
    pub height: f64,
    content: String,
}

/// Width of `text` at `size`, in points.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(|c| f64::from(advance(c))).sum::<f64>() * size / 1000.0
}

/// Advance of a character, thousandths of the size.
pub(super) fn advance(c: char) -> u16 {
    u32::from(c)
        .checked_sub(0x20)
        .and_then(|at| usize::try_from(at).ok())
        .and_then(|at| HELVETICA.get(at).copied())
        .unwrap_or(WIDE)
}

fn is_latin(c: char) -> bool {
    matches!(c, ' '..='~')
}

impl Page {
    /// An empty page.
    pub fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            content: String::new(),
        }
    }

    /// Writes `text` with its baseline beginning at (`x`, `y`).
    pub fn text(&mut self, x: f64, y: f64, size: f64, text: &str) {
        let mut at = x;
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let latin = is_latin(first);
            let end = rest.find(|c| is_latin(c) != latin).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            self.run(at, y, size, run, latin);
            at += width(run, size);
            rest = after;
        }
    }

    fn run(&mut self, x: f64, y: f64, size: f64, run: &str, latin: bool) {
        let font = if latin { "F1" } else { "F2" };
        let mut shown = String::new();
        if latin {
            shown.push('(');
            for c in run.chars() {
                if matches!(c, '(' | ')' | '\\') {
                    shown.push('\\');
                }
                shown.push(c);
            }
            shown.push(')');
        } else {
            shown.push('<');
            for c in run.chars() {
                // Control characters have no glyph.
                let c = if c.is_control() { '\u{3000}' } else { c };
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(shown, "{unit:04X}");
                }
            }
            shown.push('>');
        }
        let _ = writeln!(
            self.content,
            "BT /{font} {size:.2} Tf {x:.2} {y:.2} Td {shown} Tj ET"
        );
    }

    /// Colour of what is drawn next: lines, boxes' insides and text; 0 is none of it, 1 all.
    pub fn colour(&mut self, red: f64, green: f64, blue: f64) {
        let rgb = format!("{red:.2} {green:.2} {blue:.2}");
        let _ = writeln!(self.content, "{rgb} rg {rgb} RG");
    }

    /// A line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), wide: f64) {
        let ((x1, y1), (x2, y2)) = (from, to);
        let _ = writeln!(
            self.content,
            "{wide:.2} w {x1:.2} {y1:.2} m {x2:.2} {y2:.2} l S"
        );
    }

    /// A filled triangle.
    pub fn triangle(&mut self, a: (f64, f64), b: (f64, f64), c: (f64, f64)) {
        let _ = writeln!(
            self.content,
            "{:.2} {:.2} m {:.2} {:.2} l {:.2} {:.2} l h f",
            a.0, a.1, b.0, b.1, c.0, c.1
        );
    }

    /// A filled box.
    pub fn fill(&mut self, x: f64, y: f64, w: f64, h: f64) {
        let _ = writeln!(self.content, "{x:.2} {y:.2} {w:.2} {h:.2} re f");
    }

    /// A box's outline.
    pub fn frame(&mut self, x: f64, y: f64, w: f64, h: f64) {
        let _ = writeln!(self.content, "0.6 w {x:.2} {y:.2} {w:.2} {h:.2} re S");
    }
}

impl Document {
    pub fn new() -> Self {
        Self { pages: Vec::new() }
    }

    /// Number of pages.
    pub fn pages(&self) -> usize {
        self.pages.len()
    }

    /// Adds a page after the others.
    pub fn add(&mut self, page: Page) {
        self.pages.push(page);
    }

    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut objects = self.objects_before();
        for (position, page) in self.pages.iter().enumerate() {
            let content = OBJECTS_BEFORE + 2 * position + 2;
            objects.push(format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {:.0} {:.0}] /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> \
                 /Contents {content} 0 R >>",
                page.width, page.height
            ));
            let (length, text) = (page.content.len(), &page.content);
            objects.push(format!("<< /Length {length} >>\nstream\n{text}endstream"));
        }
        // The second line's bytes above 127 say that this is no text (7.5.2).
        let mut out = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n".to_vec();
        let mut offsets = Vec::with_capacity(objects.len());
        for (position, object) in objects.iter().enumerate() {
            offsets.push(out.len());
            out.extend(format!("{} 0 obj\n{object}\nendobj\n", position + 1).bytes());
        }
        let (table, number) = (out.len(), objects.len() + 1);
        out.extend(format!("xref\n0 {number}\n0000000000 65535 f \n").bytes());
        for offset in offsets {
            out.extend(format!("{offset:010} 00000 n \n").bytes());
        }
        let trailer =
            format!("trailer\n<< /Size {number} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n");
        out.extend(trailer.bytes());
        out
    }

    fn objects_before(&self) -> Vec<String> {
        let kids: Vec<String> = (0..self.pages.len())
            .map(|position| format!("{} 0 R", OBJECTS_BEFORE + 2 * position + 1))
            .collect();
        let (kids, count) = (kids.join(" "), self.pages.len());
        vec![
            "<< /Type /Catalog /Pages 2 0 R /Lang (zh-CN) >>".to_owned(),
            format!("<< /Type /Pages /Kids [{kids}] /Count {count} >>"),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
                .to_owned(),
            "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light-UniGB-UTF16-H \
             /Encoding /UniGB-UTF16-H /DescendantFonts [5 0 R] >>"
                .to_owned(),
            "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) \
             /Ordering (GB1) /Supplement 4 >> /FontDescriptor 6 0 R /DW 1000 >>"
                .to_owned(),
            "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 \
             /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>"
                .to_owned(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_lengths_are_right() {
        let mut document = Document::new();
        let mut page = Page::new(100.0, 50.0);
        page.text(1.0, 2.0, 10.0, "a(b)\\ 中文😀!");
        document.add(page);
        let bytes = document.to_bytes();
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("(a\\(b\\)\\\\ ) Tj") && text.contains("<4E2D6587D83DDE00> Tj"));
        let table: usize = text.lines().rev().nth(1).unwrap().parse().unwrap();
        assert!(bytes[table..].starts_with(b"xref\n0 9\n"));
        let table = std::str::from_utf8(&bytes[table..]).unwrap();
        for (number, line) in table.lines().skip(3).take(8).enumerate() {
            assert_eq!(line.len(), 19, "each line of the table has 20 bytes");
            let at: usize = line[..10].parse().unwrap();
            let wanted = format!("{} 0 obj\n", number + 1);
            assert!(bytes[at..].starts_with(wanted.as_bytes()), "{wanted}");
        }
    }

    #[test]
    fn widths_are_known() {
        assert_eq!(width("A中", 10.0), 6.67 + 10.0);
        assert_eq!(advance('~'), 584);
        assert_eq!(advance('\n'), WIDE);
    }
}
