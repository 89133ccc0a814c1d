//! Text from top to bottom over pages of A4.

use super::pdf::{Document, Page, advance, width};

/// A4, points.
pub(super) const A4: (f64, f64) = (595.0, 842.0);
const MARGIN: f64 = 48.0;
const LABEL: f64 = 130.0;
const SIZE: f64 = 9.5;
const SMALL: f64 = 8.0;
const LINE: f64 = 1.45;

/// A page being filled.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    document: &'a mut Document,
    footer: &'a str,
    page: Page,
    number: usize,
    y: f64,
}

impl<'a> Layout<'a> {
    pub fn new(document: &'a mut Document, footer: &'a str) -> Self {
        Self {
            document,
            footer,
            page: Page::new(A4.0, A4.1),
            number: 1,
            y: A4.1 - MARGIN,
        }
    }

    /// The document's name.
    pub fn title(&mut self, text: &str) {
        self.down(20.0);
        self.page.text(MARGIN, self.y, 16.0, text);
        self.down(8.0);
    }

    /// A part's name, with a line below; not at the foot of a page.
    pub fn head(&mut self, text: &str) {
        self.room(70.0);
        self.down(22.0);
        self.page.text(MARGIN, self.y, 11.5, text);
        self.down(5.0);
        let (from, to) = ((MARGIN, self.y), (A4.0 - MARGIN, self.y));
        self.page.colour(0.6, 0.6, 0.6);
        self.page.line(from, to, 0.5);
        self.page.colour(0.0, 0.0, 0.0);
        self.down(3.0);
    }

    /// What and its value, which may take several lines.
    pub fn pair(&mut self, label: &str, value: &str) {
        let x = MARGIN + LABEL;
        for (position, line) in wrapped(value, SIZE, A4.0 - MARGIN - x).iter().enumerate() {
            self.down(SIZE * LINE);
            if position == 0 {
                self.page.colour(0.35, 0.35, 0.35);
                self.page.text(MARGIN, self.y, SIZE, label);
                self.page.colour(0.0, 0.0, 0.0);
            }
            self.page.text(x, self.y, SIZE, line);
        }
    }

    /// A line of its own.
    pub fn line(&mut self, text: &str) {
        self.room(40.0);
        self.down(4.0);
        self.lines(text, SIZE, MARGIN);
    }

    /// A line of less weight.
    pub fn small(&mut self, text: &str) {
        self.lines(text, SMALL, MARGIN + 12.0);
    }

    /// Puts the last page in place.
    pub fn end(mut self) {
        self.turn();
    }

    fn lines(&mut self, text: &str, size: f64, x: f64) {
        for line in wrapped(text, size, A4.0 - MARGIN - x) {
            self.down(size * LINE);
            self.page.text(x, self.y, size, &line);
        }
    }

    /// Goes down, on the next page if this one is full.
    fn down(&mut self, by: f64) {
        self.room(by);
        self.y -= by;
    }

    /// Begins a page unless `points` are left on this one.
    fn room(&mut self, points: f64) {
        if self.y - points < MARGIN {
            self.turn();
        }
    }

    fn turn(&mut self) {
        let mut full = std::mem::replace(&mut self.page, Page::new(A4.0, A4.1));
        foot(&mut full, self.footer, self.number);
        self.document.add(full);
        self.number += 1;
        self.y = A4.1 - MARGIN;
    }
}

/// The foot of a page.
pub(super) fn foot(page: &mut Page, footer: &str, number: usize) {
    page.colour(0.45, 0.45, 0.45);
    page.text(MARGIN, MARGIN / 2.0, 7.5, footer);
    let text = number.to_string();
    let x = page.width - MARGIN - width(&text, 7.5);
    page.text(x, MARGIN / 2.0, 7.5, &text);
    page.colour(0.0, 0.0, 0.0);
}

/// `text` in lines of at most `room` points: broken after a space where there is one, else anywhere.
pub(super) fn wrapped(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        let mut length = 0.0;
        for c in paragraph.chars() {
            let wide = f64::from(advance(c)) * size / 1000.0;
            if length + wide > room && !line.is_empty() {
                let kept = match line.rfind(' ') {
                    Some(space) if space > line.len() / 2 => line.split_off(space + 1),
                    Some(_) | None => String::new(),
                };
                length = width(&kept, size);
                lines.push(std::mem::replace(&mut line, kept));
            }
            line.push(c);
            length += wide;
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_nothing_is_lost() {
        let text =
            "受害人按对方要求向指定账户转账 transferred the money in three parts, as told\nend";
        let lines = wrapped(text, 10.0, 100.0);
        assert!(lines.iter().all(|line| width(line, 10.0) <= 100.0));
        assert_eq!(lines.concat(), text.replace('\n', ""));
        assert_eq!(lines.last().unwrap(), "end");
    }

    #[test]
    fn pages_turn_by_themselves() {
        let mut document = Document::new();
        let mut layout = Layout::new(&mut document, "foot");
        for number in 0..200 {
            layout.pair("n", &number.to_string());
        }
        layout.end();
        let text = String::from_utf8_lossy(&document.to_bytes()).into_owned();
        assert!(
            text.contains("/Count 4"),
            "{}",
            text.matches("/Type /Page ").count()
        );
        assert_eq!(text.matches("(foot) Tj").count(), 4);
    }
}
