//! Text models from labelled sets: the sets are read ([`set`]), turned into n-grams ([`corpus`]), one separating plane is
//! trained for each label ([`plane`]), its margins become probabilities ([`calibrate`]), and what it is worth is measured
//! ([`measure`]). [`train`] does all of it for given sets, [`release`] for the model that ships.
//!
//! The same sets, options and version of this crate give the same model, byte for byte: the only randomness is a seed.
//! Rows that are links are learnt from as such ([`url`]). A few examples of a new scam make a theme ([`theme`]).
//!
//! Features are `stanch-detect`'s own, so that a text is read in training exactly as it is read afterwards.

pub mod calibrate;
mod choices;
pub mod corpus;
pub mod disguise;
mod error;
pub mod grammar;
mod learn;
mod material;
pub mod measure;
mod plan;
pub mod plane;
mod random;
mod release;
pub mod set;
mod task;
pub mod theme;
pub mod url;

pub use choices::Mix;
pub use error::TrainError;
pub use release::{RELEASE, ReleaseReport, release};
pub use task::{LabelReport, Options, Progress, Report, SetReport, Stage, UNWANTED, When, train};
