//! Models of links: rows that are links and nothing else are read as addresses, and learnt from by what their letters say.
//!
//! Every link with a path is learnt from twice, as it is and as its bare host: else a path alone would be a sign, for lists of
//! deceptive links and of honest ones are seldom written alike. Both sides weigh the same, however many rows they have.
//!
//! What rows cannot teach, because there are few or they are old, a model that is there already lends ([`Links::new`]). On one, a link
//! with a path teaches nothing about its host: many deceptive pages are on hacked honest hosts, and learnt as deceptive these would
//! speak against all that the base knows of hosts.

use std::io::{BufRead, Read};
use std::path::PathBuf;
use std::str::FromStr;

use serde::Serialize;
use stanch_detect::url::{self, Address, Features, UrlModel};

use crate::TrainError;
use crate::calibrate::{self, Margin};
use crate::measure::Measures;
use crate::plane::{Example, Plane, PlaneOptions, Rows};
use crate::set::{self, SetSpec};
use crate::task::{Progress, SetReport, Stage};

/// Bits of a bucket.
const BITS: u32 = 18;
/// Parts that the rows are divided into: each is measured by a plane trained on the others.
const FOLDS: u64 = 3;
/// What the bare host of a link counts beside it.
const BARE_WEIGHT: f32 = 0.5;
/// Share of honest links, unseen by training, that a score of 5,000 finds; of honest hosts of another origin it is about twice as many.
const FALSE_ALARMS: f64 = 0.005;
/// Flattest curve.
const SLOPE_MIN: f64 = 0.5;
/// Links of a kind are told as such when there are at most so many on one side for each on the other.
const RATIO_MAX: usize = 10;
/// Of a set whose rows are links at least this share is read as one.
const LINKS_SHARE_MIN: f64 = 0.95;

/// A list of links, one a line: `FILE[:LABEL]`, without label deceptive ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkList {
    /// The file; gzip if its name ends in `.gz`.
    pub path: PathBuf,
    /// Whether its links deceive.
    pub positive: bool,
}

impl FromStr for LinkList {
    type Err = TrainError;

    fn from_str(spec: &str) -> Result<Self, TrainError> {
        let (path, label) = spec.rsplit_once(':').unwrap_or((spec, "phishing"));
        if path.is_empty() {
            return Err(TrainError::Spec {
                spec: spec.to_owned(),
                why: "it names no file",
            });
        }
        Ok(Self {
            path: path.into(),
            positive: !set::is_negative(label),
        })
    }
}

/// What was trained and what it is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LinkReport {
    /// Identity of rows and options; the version of the model.
    pub version: String,
    /// Always `links`: what the rows were read as.
    pub kind: &'static str,
    /// Version of the model it stands on, if any.
    pub base: Option<String>,
    /// The sets, in the order they were named in.
    pub sets: Vec<SetReport>,
    /// Bare hosts that planes trained on two thirds did not see; registrable domains undivided.
    pub bare: Measures,
    /// The same of links with a path.
    pub deep: Measures,
}

/// Links to learn from.
#[derive(Debug, Default)]
pub struct Links {
    rows: Vec<Row>,
    sets: Vec<SetReport>,
    features: Features,
    base: Option<UrlModel>,
    cells: Vec<(u32, f32)>,
    sum: u32,
}

#[derive(Debug)]
struct Row {
    /// Where its cells end; they begin where the row's before end.
    end: usize,
    positive: bool,
    deep: bool,
    weight: f32,
    fold: u64,
    /// The margin by the base.
    known: f32,
    /// Sum of the squares of its values.
    length: f32,
}

impl Rows for Links {
    fn width(&self) -> usize {
        1 << BITS
    }

    fn square(&self, _: usize) -> f32 {
        1.0
    }

    fn cells(&self, row: usize) -> impl Iterator<Item = (usize, f32)> {
        let end = |row: usize| self.rows.get(row).map_or(0, |row| row.end);
        let start = row.checked_sub(1).map_or(0, end);
        let cells = self.cells.get(start..end(row)).unwrap_or_default().iter();
        cells.map(|(bucket, value)| (*bucket as usize, *value))
    }

    fn norm(&self, _: usize) -> f32 {
        1.0
    }

    fn length(&self, row: usize) -> f32 {
        self.rows.get(row).map_or(0.0, |row| row.length)
    }

    fn known(&self, row: usize) -> f32 {
        self.rows.get(row).map_or(0.0, |row| row.known)
    }
}

impl Links {
    /// None yet. On `base` the new model stands: it says what the base says until rows speak against it; bare hosts teach about hosts,
    /// links with a path about paths. What is taken over goes into the weights, so that the new model does not need the base.
    #[must_use]
    pub fn new(base: Option<&UrlModel>) -> Self {
        Self {
            base: base.filter(|base| base.bits() == BITS).cloned(),
            ..Self::default()
        }
    }

    /// Adds labelled sets, if the rows of all of them are links and nothing else; else adds nothing and says no.
    ///
    /// # Errors
    /// As [`SetSpec::read`].
    pub fn take_sets(&mut self, sets: &[SetSpec]) -> Result<bool, TrainError> {
        let mut read = Vec::new();
        for set in sets {
            let rows = set.read()?;
            let links = rows
                .rows
                .iter()
                .filter(|row| Address::of_whole(&row.text).is_some());
            if (links.count() as f64) < rows.rows.len() as f64 * LINKS_SHARE_MIN
                || rows.rows.is_empty()
            {
                return Ok(false);
            }
            read.push((set.path.display().to_string(), rows));
        }
        for (file, rows) in read {
            let mut report = SetReport {
                file,
                rows: 0,
                positive: 0,
                left_out: rows.left_out,
            };
            for row in rows.rows {
                self.take(&row.text, row.label.is_some(), &mut report);
            }
            self.sets.push(report);
        }
        Ok(true)
    }

    /// Adds a list.
    ///
    /// # Errors
    /// [`TrainError::Read`] when it cannot be read.
    pub fn take_list(&mut self, list: &LinkList) -> Result<(), TrainError> {
        let failed = |source| TrainError::Read {
            path: list.path.clone(),
            source,
        };
        let mut report = SetReport {
            file: list.path.display().to_string(),
            rows: 0,
            positive: 0,
            left_out: 0,
        };
        let mut reader = set::open(&list.path).map_err(failed)?;
        let mut line = Vec::new();
        loop {
            line.clear();
            let mut bounded = reader.by_ref().take(set::LINE_BYTES_MAX);
            if bounded.read_until(b'\n', &mut line).map_err(failed)? == 0 {
                break;
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim();
            if !text.is_empty() && !text.starts_with('#') {
                self.take(text, list.positive, &mut report);
            }
        }
        self.sets.push(report);
        Ok(())
    }

    fn take(&mut self, text: &str, positive: bool, report: &mut SetReport) {
        let Some(address) = Address::read(text) else {
            report.left_out += 1;
            return;
        };
        report.rows += 1;
        report.positive += usize::from(positive);
        self.sum = crc32c::crc32c_append(self.sum, text.as_bytes());
        self.sum = crc32c::crc32c_append(self.sum, &[u8::from(positive)]);
        let host = match address.path().is_empty() {
            true => None,
            false => address.bare(),
        };
        self.push(&address, host.as_ref(), positive, 1.0);
        if let (Some(host), None) = (host, &self.base) {
            self.push(&host, None, positive, BARE_WEIGHT);
        }
    }

    /// Adds a link; `host` is its bare host if it has a path.
    fn push(&mut self, address: &Address, host: Option<&Address>, positive: bool, weight: f32) {
        let start = self.cells.len();
        let known = match &self.base {
            Some(base) => base.margin(address, &mut self.features),
            None => 0.0,
        };
        match (&self.base, host) {
            (Some(_), Some(host)) => {
                let of_host = self.features.read(host, BITS).to_vec();
                let is_of_path = |(bucket, _): &&(u32, f32)| {
                    of_host.iter().all(|(of_host, _)| of_host != bucket)
                };
                let cells = self.features.read(address, BITS).iter();
                self.cells.extend(cells.filter(is_of_path));
            }
            (Some(_) | None, _) => {
                let cells = self.features.read(address, BITS);
                self.cells.extend_from_slice(cells);
            }
        }
        let added = self.cells.get(start..).unwrap_or_default();
        let owner = address.domain().unwrap_or(address.host());
        self.rows.push(Row {
            end: self.cells.len(),
            positive,
            deep: !address.path().is_empty(),
            weight,
            fold: u64::from(crc32c::crc32c(owner.as_bytes()) >> 8) % FOLDS,
            known,
            length: added.iter().map(|(_, value)| value * value).sum(),
        });
    }

    /// Trains on what was added. `progress` is told what is done and answers whether to go on.
    ///
    /// # Errors
    /// [`TrainError::Nothing`] when there is nothing positive or nothing negative; [`TrainError::Stopped`] when `progress` said so.
    pub fn train(
        self,
        seed: u64,
        mut progress: impl FnMut(Progress) -> bool,
    ) -> Result<(UrlModel, LinkReport), TrainError> {
        let weight = |positive: bool| -> f32 {
            let side = self.rows.iter().filter(|row| row.positive == positive);
            side.map(|row| row.weight).sum()
        };
        let (deceptive, honest) = (weight(true), weight(false));
        if deceptive == 0.0 || honest == 0.0 {
            let what = format!("{deceptive} of {} links deceive", deceptive + honest);
            return Err(TrainError::Nothing(what));
        }
        let example = |(ix, row): (usize, &Row)| Example {
            row: ix,
            positive: row.positive,
            weight: row.weight
                * if row.positive {
                    1.0
                } else {
                    deceptive / honest
                },
        };
        let mut unseen: Vec<(bool, Margin)> = Vec::new();
        let mut plane_of = |fold: Option<u64>, done: usize| {
            let told = Progress {
                stage: Stage::Train,
                done,
                of: FOLDS as usize + 1,
            };
            let rows = self.rows.iter().enumerate();
            let seen: Vec<Example> = rows
                .filter(|(_, row)| Some(row.fold) != fold)
                .map(example)
                .collect();
            let mut goes_on = progress(told);
            let options = PlaneOptions {
                cost: 1.0,
                passes_max: 8,
                tolerance: 0.05,
                seed,
            };
            let plane = Plane::train(&self, &seen, options, |_| {
                goes_on = goes_on && progress(told);
                goes_on
            });
            goes_on.then(|| plane.stepped()).ok_or(TrainError::Stopped)
        };
        for fold in 0..FOLDS {
            let plane = plane_of(Some(fold), fold as usize)?;
            let out = self
                .rows
                .iter()
                .enumerate()
                .filter(|(_, row)| row.fold == fold);
            unseen.extend(out.map(|(ix, row)| {
                let margin = Margin {
                    margin: plane.margin(&self, ix),
                    positive: row.positive,
                    disguised: false,
                };
                (row.deep, margin)
            }));
        }
        let plane = plane_of(None, FOLDS as usize)?;
        self.finish(plane, &unseen, seed)
    }

    fn finish(
        self,
        mut plane: Plane,
        unseen: &[(bool, Margin)],
        seed: u64,
    ) -> Result<(UrlModel, LinkReport), TrainError> {
        // How far bare sums of the base are moved.
        let moved = plane.bias;
        // What the base said is a sum over the same buckets, so it goes into the weights and is needed no more.
        if let Some(base) = &self.base {
            for (bucket, weight) in plane.weights.iter_mut().enumerate() {
                *weight += base.weight(bucket as u32);
            }
            plane.bias += base.bias();
        }
        let of = |deep: bool| -> Vec<Margin> {
            let kind = unseen.iter().filter(|(is_deep, _)| *is_deep == deep);
            kind.map(|(_, margin)| *margin).collect()
        };
        let (bare, deep) = (of(false), of(true));
        let of_base = |deep: bool| -> Option<url::Curve> {
            let curve = self.base.as_ref()?.curve(deep);
            Some(url::Curve {
                slope: curve.slope,
                offset: curve.offset - curve.slope * moved,
            })
        };
        let bare_curve = match (tells(&bare), of_base(false)) {
            (false, Some(curve)) => curve,
            (true, _) | (false, None) => fit(&bare),
        };
        let deep_curve = match tells(&deep) {
            true => fit(&deep),
            // With next to none on one side a path would be a sign of the other.
            false => of_base(true).unwrap_or(url::Curve {
                slope: 0.0,
                offset: 0.0,
            }),
        };
        let (scale, steps) = plane.steps();
        let base = self.base.as_ref().map(|base| base.version().to_owned());
        // A way of standing on a base that gives other models has another number.
        let standing = base.as_ref().map(|base| (base, 2));
        let sum = crc32c::crc32c_append(self.sum, format!("{seed} {standing:?}").as_bytes());
        let version = format!("links-{sum:08x}");
        let model = UrlModel::new(
            &version,
            (scale, plane.bias),
            [bare_curve, deep_curve],
            steps,
        )?;
        let report = LinkReport {
            version,
            kind: "links",
            base,
            sets: self.sets,
            bare: Measures::of(&bare, decision(bare_curve)),
            deep: Measures::of(
                &deep,
                decision(if deep_curve.slope > 0.0 {
                    deep_curve
                } else {
                    bare_curve
                }),
            ),
        };
        Ok((model, report))
    }
}

/// Whether there are enough on both sides for a curve.
fn tells(margins: &[Margin]) -> bool {
    let positive = margins.iter().filter(|m| m.positive).count();
    let negative = margins.len() - positive;
    let (fewer, more) = (positive.min(negative), positive.max(negative));
    fewer > 0 && fewer >= more / RATIO_MAX
}

/// The curve of margins, even chances brought to where [`FALSE_ALARMS`] of honest links are found: lists hold far more deceptive ones than
/// people are sent.
fn fit(margins: &[Margin]) -> url::Curve {
    let points: Vec<(f32, bool)> = margins.iter().map(|m| (m.margin, m.positive)).collect();
    let even = calibrate::Curve::fit(&points);
    let slope = even.slope.max(SLOPE_MIN) as f32;
    let mut honest: Vec<f32> = margins
        .iter()
        .filter(|m| !m.positive)
        .map(|m| m.margin)
        .collect();
    honest.sort_unstable_by(|a, b| b.total_cmp(a));
    let allowed = (honest.len() as f64 * FALSE_ALARMS) as usize;
    // Where the sides are far apart the bar is between them, not at the edge of one.
    let edge = honest.get(allowed).copied().unwrap_or(0.0);
    let bar = edge.max((-even.offset / f64::from(slope)) as f32);
    url::Curve {
        slope,
        offset: -slope * bar,
    }
}

/// The margin at which a curve says one half.
fn decision(curve: url::Curve) -> f32 {
    -curve.offset / curve.slope
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    fn lists(folder: &std::path::Path) -> [LinkList; 2] {
        let (mut bad, mut good) = (String::new(), String::from("# honest\n\n"));
        for ix in 0..150 {
            writeln!(
                bad,
                "paypal-login{ix}.top\nhttp://secure-bank{}x.vip/account/verify{ix}",
                ix * 7
            )
            .expect("a string");
            writeln!(
                good,
                "garden{ix}.com\nhttps://library-of-town{}.org/books/{ix}",
                ix * 3
            )
            .expect("a string");
        }
        let write = |name: &str, text: &str, label: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).expect("written");
            format!("{}:{label}", path.display())
                .parse()
                .expect("a list")
        };
        [
            write("bad.txt", &bad, "phishing"),
            write("good.txt", &good, "benign"),
        ]
    }

    fn score(model: &UrlModel, text: &str) -> u16 {
        let address = Address::read(text).expect("an address");
        model.score(&address, &mut Features::default()).get()
    }

    #[test]
    fn links_are_learnt_and_the_same_rows_give_the_same_model() {
        let folder = tempfile::tempdir().expect("folder");
        let make = |base: Option<&UrlModel>| {
            let mut links = Links::new(base);
            for list in lists(folder.path()) {
                links.take_list(&list).expect("read");
            }
            links.train(1, |_| true).expect("trained")
        };
        let (model, report) = make(None);
        assert_eq!(
            report.sets.iter().map(|set| set.rows).collect::<Vec<_>>(),
            [300, 300]
        );
        assert!(report.bare.f1 > 0.95 && report.deep.f1 > 0.95, "{report:?}");
        let deceptive = ["alipay-login7.top", "http://secure-bank.vip/account/verify"];
        for (deceptive, honest) in deceptive
            .into_iter()
            .zip(["garden-shop.com", "https://library.org/books/7"])
        {
            assert!(
                score(&model, deceptive) > score(&model, honest),
                "{deceptive} {honest}"
            );
            assert!(score(&model, honest) < 5_000, "{honest}");
        }
        assert_eq!(make(None).0, model);
        let (standing, report) = make(Some(&model));
        assert_eq!(report.base.as_deref(), Some(model.version()));
        assert!(score(&standing, "alipay-login7.top") > score(&standing, "garden-shop.com"));
    }

    #[test]
    fn pages_on_hacked_hosts_do_not_speak_against_what_is_known_of_hosts() {
        let folder = tempfile::tempdir().expect("folder");
        let mut links = Links::new(None);
        for list in lists(folder.path()) {
            links.take_list(&list).expect("read");
        }
        let (base, _) = links.train(1, |_| true).expect("trained");
        let mut rows = String::new();
        for ix in 0..200 {
            let hacked = format!("http://garden-hall{ix}.com/wp-content/confirm{ix}.php");
            let honest = format!("https://village-museum{ix}.org/visits/{ix}");
            for (url, label) in [(hacked, 1), (honest, 0)] {
                writeln!(rows, "{}", serde_json::json!({"url": url, "label": label}))
                    .expect("a string");
            }
        }
        let path = folder.path().join("set.jsonl");
        std::fs::write(&path, rows).expect("written");
        let set: SetSpec = format!("{}:url:label:1", path.display())
            .parse()
            .expect("a spec");
        let mut links = Links::new(Some(&base));
        assert!(links.take_sets(&[set]).expect("read"));
        let (model, report) = links.train(1, |_| true).expect("trained");
        assert!(report.deep.f1 > 0.95, "{report:?}");
        let new = "http://garden-shop7.com/wp-content/confirm.php";
        assert!(score(&base, new) < 5_000 && score(&model, new) >= 5_000);
        for ix in 200..260 {
            for (host, deceives) in [
                (format!("paypal-login{ix}.top"), true),
                (format!("secure-bank{ix}x.vip"), true),
                (format!("garden{ix}.com"), false),
                (format!("library-of-town{ix}.org"), false),
            ] {
                let found = score(&model, &host);
                assert_eq!(found >= 5_000, deceives, "{host} {found}");
            }
        }
    }

    #[test]
    fn texts_are_no_links_and_one_side_alone_is_nothing() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a.jsonl");
        let set: SetSpec = path.to_str().expect("a path").parse().expect("a spec");
        std::fs::write(
            &path,
            "{\"text\":\"你好\",\"label\":1}\n{\"text\":\"a.com\",\"label\":0}\n",
        )
        .expect("written");
        assert!(
            !Links::new(None)
                .take_sets(std::slice::from_ref(&set))
                .expect("read")
        );
        std::fs::write(&path, "{\"text\":\"http://a.com/x\",\"label\":1}\n").expect("written");
        let mut links = Links::new(None);
        assert!(links.take_sets(&[set]).expect("read"));
        assert!(matches!(
            links.train(1, |_| true),
            Err(TrainError::Nothing(_))
        ));
        assert!(":x".parse::<LinkList>().is_err());
    }
}
