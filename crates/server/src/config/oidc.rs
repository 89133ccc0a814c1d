//! The organisation's identity provider.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use stanch_types::personal::Secret;
use stanch_types::user::Role;
use url::Url;

/// Signing in at an OpenID Connect provider, besides passwords. Only authorization code with PKCE; ID tokens signed
/// with RS256 or ES256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// The provider's issuer identifier, exactly as its discovery document spells it: `https://login.example.org`.
    pub issuer: String,
    /// Our client identifier there. Its redirect address is `<public_url>/auth/oidc/callback`.
    pub client_id: String,
    /// Our client's secret; better in the variable `STANCH__OIDC__CLIENT_SECRET`, or in a file. Without one the client
    /// is public, with PKCE alone.
    #[serde(default, skip_serializing)]
    pub client_secret: Option<Secret>,
    /// File whose first line is the client's secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret_file: Option<PathBuf>,
    /// Claim of the ID token that is the sign-in name here; default `preferred_username`.
    #[serde(default = "default_login_claim")]
    pub login_claim: String,
    /// Claim of the ID token that lists a person's groups; default none: only people who have an account here are let
    /// in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups_claim: Option<String>,
    /// Roles that members of a group have. With it, who has no account here gets one, with these roles, brought up to
    /// date at every sign-in; who is in no group named here is refused.
    #[serde(default)]
    pub roles: BTreeMap<String, Vec<Role>>,
}

fn default_login_claim() -> String {
    "preferred_username".to_owned()
}

impl OidcConfig {
    /// What is wrong, if anything.
    pub(crate) fn fault(&self, public_url: Option<&str>) -> Option<String> {
        let why = if public_url.is_none() {
            "needs `public_url`, the address the provider sends browsers back to"
        } else if !is_safe(&self.issuer) || self.issuer.contains(['?', '#']) {
            "issuer must be https://… (http only on this machine) without ? and #"
        } else if self.client_id.is_empty() {
            "client_id is empty"
        } else if self.client_secret.is_some() && self.client_secret_file.is_some() {
            "client_secret and client_secret_file are both given"
        } else if self.groups_claim.is_some() == self.roles.is_empty() {
            "groups_claim and roles go together"
        } else if self.roles.values().any(Vec::is_empty) {
            "roles: a group has at least one role"
        } else {
            return None;
        };
        Some(format!("oidc: {why}"))
    }

    /// The client's secret, from the configuration or its file.
    ///
    /// # Errors
    /// Why the file cannot be read.
    pub fn secret(&self) -> Result<Option<Secret>, String> {
        let Some(path) = &self.client_secret_file else {
            return Ok(self.client_secret.clone());
        };
        let text = std::fs::read_to_string(path)
            .map_err(|why| format!("oidc: cannot read {}: {why}", path.display()))?;
        match text.lines().next().map(str::trim) {
            Some(line) if !line.is_empty() => Ok(Some(Secret::new(line.to_owned()))),
            Some(_) | None => Err(format!("oidc: {} is empty", path.display())),
        }
    }
}

/// Whether an address of the provider may be asked: encrypted, or on this machine.
pub(crate) fn is_safe(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else {
        return false;
    };
    let here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told() {
        let good = OidcConfig {
            issuer: "https://login.example.org".to_owned(),
            client_id: "stanch".to_owned(),
            client_secret: None,
            client_secret_file: None,
            login_claim: default_login_claim(),
            groups_claim: None,
            roles: BTreeMap::new(),
        };
        let here = Some("https://stanch.example.org");
        assert_eq!(good.fault(here), None);
        assert!(good.fault(None).is_some());
        for issuer in [
            "http://login.example.org",
            "login.example.org",
            "https://a.example/?x",
            "file:///x",
        ] {
            let bad = OidcConfig {
                issuer: issuer.to_owned(),
                ..good.clone()
            };
            assert!(bad.fault(here).is_some(), "{issuer}");
        }
        let half = OidcConfig {
            groups_claim: Some("groups".to_owned()),
            ..good.clone()
        };
        assert!(half.fault(here).is_some());
        let local = OidcConfig {
            issuer: "http://127.0.0.1:9".to_owned(),
            ..good
        };
        assert_eq!(local.fault(here), None);
    }
}
