//! The picture of the money's way: victims left, a column for each tier, the widest streams thickest.

use std::collections::BTreeMap;

use stanch_casework::{CaseTrace, TraceExit, TraceNode};
use stanch_types::{AccountKind, Amount};

use super::layout::{A4, foot};
use super::pdf::{Document, Page, width};

const MARGIN: f64 = 30.0;
const BOX: (f64, f64) = (104.0, 40.0);
/// Most columns; deeper tiers share the last.
const COLUMNS: usize = 6;
/// Most boxes of a column; the rest of its accounts share the last.
const ROWS: usize = 9;
/// Thickest stream, in points.
const THICK: f64 = 5.0;

/// One account, or the rest of a column's.
#[derive(Debug)]
struct Place {
    x: f64,
    y: f64,
    lines: [String; 3],
    colour: (f64, f64, f64),
}

/// Draws the trace on a page across.
pub(super) fn draw(document: &mut Document, trace: &CaseTrace, footer: &str) {
    let mut page = Page::new(A4.1, A4.0);
    page.text(
        MARGIN,
        page.height - MARGIN - 6.0,
        13.0,
        "资金流向 Flow of the money",
    );
    let told = format!(
        "方法 method {}   截至 as of {}   账户 accounts {}   损失 loss {}",
        trace.method,
        trace.as_of,
        trace.nodes.len(),
        trace.totals.loss
    );
    page.text(MARGIN, page.height - MARGIN - 20.0, 8.0, &told);
    let (places, place_of) = placed(trace, &page);
    streams(&mut page, trace, &places, &place_of);
    for place in &places {
        boxed(&mut page, place);
    }
    foot(&mut page, footer, document.pages() + 1);
    document.add(page);
}

/// Where each account is drawn: the boxes, and the box of each node.
fn placed(trace: &CaseTrace, page: &Page) -> (Vec<Place>, BTreeMap<u32, usize>) {
    let mut columns: BTreeMap<usize, Vec<&TraceNode>> = BTreeMap::new();
    for node in &trace.nodes {
        let tier = usize::try_from(node.tier).unwrap_or(0).min(COLUMNS - 1);
        columns.entry(tier).or_default().push(node);
    }
    let deepest = columns.keys().last().copied().unwrap_or(0).max(1);
    #[expect(clippy::cast_precision_loss, reason = "at most six columns")]
    let step = (page.width - 2.0 * MARGIN - BOX.0) / deepest as f64;
    let (mut places, mut place_of) = (Vec::new(), BTreeMap::new());
    for (tier, mut nodes) in columns {
        nodes.sort_by_key(|node| (std::cmp::Reverse(weight(node)), node.id));
        #[expect(clippy::cast_precision_loss, reason = "at most six columns")]
        let x = MARGIN + step * tier as f64;
        let kept = if nodes.len() > ROWS {
            ROWS - 1
        } else {
            nodes.len()
        };
        let (shown, rest) = nodes.split_at(kept);
        let rows = shown.len() + usize::from(!rest.is_empty());
        for (row, node) in shown.iter().enumerate() {
            place_of.insert(node.id, places.len());
            places.push(place(
                x,
                row_y(page, row, rows),
                account(node),
                colour(node),
            ));
        }
        if !rest.is_empty() {
            for node in rest {
                place_of.insert(node.id, places.len());
            }
            let lines = [
                format!("另 {} 个账户", rest.len()),
                format!("{} more accounts", rest.len()),
                sum(rest.iter().map(|node| node.received_stolen)),
            ];
            places.push(place(x, row_y(page, kept, rows), lines, (0.93, 0.93, 0.93)));
        }
    }
    (places, place_of)
}

const fn place(x: f64, y: f64, lines: [String; 3], colour: (f64, f64, f64)) -> Place {
    Place {
        x,
        y,
        lines,
        colour,
    }
}

/// Lower edge of a box, so that a column's boxes stand in the middle.
fn row_y(page: &Page, row: usize, rows: usize) -> f64 {
    let (top, bottom) = (page.height - MARGIN - 30.0, MARGIN + 10.0);
    #[expect(clippy::cast_precision_loss, reason = "at most nine rows")]
    let (row, rows) = (row as f64, rows as f64);
    let step = (top - bottom) / rows.max(1.0);
    top - step * (row + 0.5) - BOX.1 / 2.0
}

fn weight(node: &TraceNode) -> i64 {
    node.received_stolen.minor()
}

fn account(node: &TraceNode) -> [String; 3] {
    let what = match (node.exit, node.kind) {
        (Some(TraceExit::Cash), _) | (_, AccountKind::Cash) => "现金 cash",
        (Some(TraceExit::Fund), _) | (_, AccountKind::FundHolding) => "基金 fund",
        (Some(TraceExit::Pos), _) => "消费 purchase",
        (None, _) if node.is_victim => "受害人 victim",
        (None, AccountKind::Merchant) => "商户 merchant",
        (None, AccountKind::Business | AccountKind::Person | AccountKind::Unknown) => {
            "账户 account"
        }
    };
    let mut money = if node.is_victim {
        String::new()
    } else {
        format!("收 in {}", node.received_stolen)
    };
    if !node.held.is_zero() {
        money = format!("冻止 held {}", node.held);
    }
    [
        format!("{what} {}", node.institution),
        node.account.expose().to_owned(),
        money,
    ]
}

fn colour(node: &TraceNode) -> (f64, f64, f64) {
    if node.is_victim {
        (0.86, 0.93, 1.0)
    } else if !node.held.is_zero() {
        (0.85, 0.96, 0.87)
    } else if node.exit.is_some() || node.kind == AccountKind::Cash {
        (1.0, 0.88, 0.86)
    } else {
        (1.0, 0.97, 0.86)
    }
}

/// The payments between two boxes are one stream, as thick as what it carried of the largest.
fn streams(page: &mut Page, trace: &CaseTrace, places: &[Place], place_of: &BTreeMap<u32, usize>) {
    let mut sums: BTreeMap<(usize, usize), Vec<Amount>> = BTreeMap::new();
    for edge in &trace.edges {
        if let (Some(from), Some(to)) = (place_of.get(&edge.from), place_of.get(&edge.to))
            && from != to
        {
            sums.entry((*from, *to)).or_default().push(edge.stolen);
        }
    }
    let minor = |amounts: &[Amount]| {
        amounts
            .iter()
            .map(|a| a.minor())
            .fold(0, i64::saturating_add)
    };
    let largest = sums
        .values()
        .map(|amounts| minor(amounts))
        .max()
        .unwrap_or(1)
        .max(1);
    let mut labels = Vec::new();
    for ((from, to), amounts) in &sums {
        let (Some(a), Some(b)) = (places.get(*from), places.get(*to)) else {
            continue;
        };
        #[expect(clippy::cast_precision_loss, reason = "a thickness")]
        let share = minor(amounts) as f64 / largest as f64;
        let middle = |place: &Place| place.y + BOX.1 / 2.0;
        // Within a column the stream leaves and enters at the right.
        let ahead = a.x < b.x;
        let start = (a.x + BOX.0, middle(a));
        let end = (if ahead { b.x } else { b.x + BOX.0 }, middle(b));
        page.colour(0.55, 0.62, 0.72);
        // The line ends within the tip, which is wider than the line.
        let thick = 0.5 + THICK * share;
        let (long, half) = (7.0 + thick, 3.0 + thick);
        let back = if ahead { -long } else { long };
        page.line(start, (end.0 + back / 2.0, end.1), thick);
        page.triangle(
            end,
            (end.0 + back, end.1 + half),
            (end.0 + back, end.1 - half),
        );
        let label = sum(amounts.iter().copied());
        let (x, y) = (
            start.0 + (end.0 - start.0) * 0.5,
            start.1 + (end.1 - start.1) * 0.5,
        );
        labels.push((x - width(&label, 6.5) / 2.0, y + 3.0, label));
    }
    for (x, y, label) in labels {
        page.colour(1.0, 1.0, 1.0);
        page.fill(x - 1.0, y - 1.5, width(&label, 6.5) + 2.0, 8.0);
        page.colour(0.2, 0.25, 0.35);
        page.text(x, y, 6.5, &label);
    }
}

fn boxed(page: &mut Page, place: &Place) {
    let (red, green, blue) = place.colour;
    page.colour(red, green, blue);
    page.fill(place.x, place.y, BOX.0, BOX.1);
    page.colour(0.3, 0.3, 0.3);
    page.frame(place.x, place.y, BOX.0, BOX.1);
    page.colour(0.0, 0.0, 0.0);
    let mut y = place.y + BOX.1 - 11.0;
    for line in &place.lines {
        // A long account number is written smaller, so that it stays in its box.
        let size = 7.5_f64.min(7.5 * (BOX.0 - 8.0) / width(line, 7.5).max(1.0));
        page.text(place.x + 4.0, y, size, line);
        y -= 11.5;
    }
}

fn sum(amounts: impl Iterator<Item = Amount>) -> String {
    let total = amounts.reduce(|sum, next| sum.checked_add(next).unwrap_or(sum));
    total.map_or_else(String::new, |total| total.to_string())
}
