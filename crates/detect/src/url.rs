//! Links: where they lead, what they pretend to be, and how likely they are to deceive.
//!
//! Nothing is fetched. What is known is what the link itself says: its host under the public suffix list, protected names it
//! looks like ([`Brands`]), platforms that anybody can publish on, services that hide where a link leads, and a lexical model
//! ([`UrlModel`]) of the letters. A name that looks like an ordinary company's is told by lists and by its age, not by this.

mod address;
mod assess;
mod feature;
mod host;
mod known;
mod likeness;
mod link;
mod model;
mod shipped;

pub use address::Address;
pub use assess::{Assessed, Assessor, Reason};
pub use feature::{Features, Group};
pub use host::{Suffix, host_name, registrable_domain, suffix, unicode};
pub use likeness::Brands;
pub use link::{LINKS_MAX, Link, all_links, links};
pub use model::{BITS, Curve, MODEL_BYTES_MAX, UrlModel, UrlModelError};
