//! The model of links in this program.

use std::sync::OnceLock;

use super::model::{UrlModel, UrlModelError};

/// Made by `stanch train --urls`; what it learnt from is in models/README.md.
static BYTES: &[u8] = include_bytes!("../../../../models/url-1.stum");

impl UrlModel {
    /// The model that ships with this program, read once.
    ///
    /// # Errors
    /// [`UrlModelError`] if it does not fit this version, which the tests of this crate exclude.
    pub fn shipped() -> Result<&'static Self, UrlModelError> {
        static MODEL: OnceLock<Result<UrlModel, UrlModelError>> = OnceLock::new();
        MODEL
            .get_or_init(|| Self::from_bytes(BYTES))
            .as_ref()
            .map_err(|error| *error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::url::{Address, Features};

    #[test]
    fn the_shipped_model_tells_deceptive_hosts_from_honest_ones() {
        let model = UrlModel::shipped().expect("whole");
        let mut features = Features::default();
        let mut score = |text: &str| {
            let address = Address::read(text).expect("an address");
            model.score(&address, &mut features).get()
        };
        let deceptive = [
            "metamask-wallet-verify.app",
            "airdrop-claim-uniswap.top",
            "coinbase-login.vip",
        ];
        let honest = [
            "wikipedia.org",
            "www.debian.org",
            "tsinghua.edu.cn",
            "lemonde.fr",
        ];
        for bad in deceptive {
            for good in honest {
                assert!(score(bad) > score(good), "{bad} {good}");
            }
        }
    }
}
