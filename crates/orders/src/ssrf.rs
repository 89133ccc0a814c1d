//! Where orders may be sent: a guard against server-side request forgery.
//!
//! An endpoint is `https` on port 443 or 8443 to a public address, unless the configuration's allow list names its
//! host or network; then plain `http`, other ports and private addresses are allowed too. Link-local addresses
//! (among them the metadata services of clouds), multicast and reserved ranges need their network in the list.
//! The name is resolved once and the connection is pinned to the address that was checked, so that a second answer
//! of the name server cannot lead elsewhere. Redirects are never followed (see [`crate::signed_http`]).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;
use thiserror::Error;
use url::{Host, Url};

/// Most characters in an endpoint address.
pub const ENDPOINT_LEN_MAX: usize = 512;
/// Most entries in the allow list.
pub const ALLOW_MAX: usize = 256;
/// Ports that need no entry in the allow list.
pub const PORTS_OPEN: &[u16] = &[443, 8443];
/// Most addresses of one name that are looked at.
const ADDRESSES_MAX: usize = 16;

/// Why an address may not be called.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SsrfError {
    /// It is not an absolute address with a host, or has parts an endpoint may not have.
    #[error("not an endpoint address: {0}")]
    Malformed(&'static str),
    /// Only https, or http where the allow list permits it.
    #[error("scheme `{0}` is not allowed for this host")]
    Scheme(String),
    /// The port is neither 443 nor 8443 and the host is not in the allow list.
    #[error("port {0} is not allowed for this host")]
    Port(u16),
    /// The address is private, local or reserved and not in the allow list.
    #[error("address {0} is private or reserved and not in the allow list")]
    Address(IpAddr),
    /// The name has no address.
    #[error("host name has no address: {0}")]
    Unresolved(String),
    /// An entry of the allow list is neither a network nor a host name.
    #[error("allow list entry `{0}` is neither a network (CIDR), an address nor a host name")]
    AllowEntry(String),
}

/// One entry of the allow list.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Allowed {
    Network(IpNet),
    Host(String),
}

/// The configured exceptions; [`EndpointPolicy::default`] has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointPolicy {
    allowed: Vec<Allowed>,
}

/// An endpoint whose form was checked; its address is checked by [`EndpointPolicy::resolve`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: Url,
    host: String,
    port: u16,
}

impl Endpoint {
    /// The base address, without a trailing slash.
    #[must_use]
    pub fn base(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// Host name or address literal, as the client knows it.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }
}

impl EndpointPolicy {
    /// Reads the allow list: networks (`10.0.0.0/8`), addresses (`127.0.0.1`) and host names (`orders.bank.internal`).
    ///
    /// # Errors
    /// [`SsrfError::AllowEntry`].
    pub fn new<S: AsRef<str>>(allow: &[S]) -> Result<Self, SsrfError> {
        let refuse = |text: &str| SsrfError::AllowEntry(text.chars().take(64).collect());
        if allow.len() > ALLOW_MAX {
            return Err(refuse("more than 256 entries"));
        }
        let read = |entry: &S| {
            let text = entry.as_ref();
            if let Ok(network) = IpNet::from_str(text) {
                return Ok(Allowed::Network(network));
            }
            if let Ok(address) = IpAddr::from_str(text) {
                return Ok(Allowed::Network(IpNet::from(address)));
            }
            match Host::parse(text) {
                Ok(Host::Domain(name)) if is_host_name(&name) => Ok(Allowed::Host(name)),
                Ok(Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_)) | Err(_) => Err(refuse(text)),
            }
        };
        let allowed = allow.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { allowed })
    }

    /// Checks the form of an endpoint: scheme, host, port; address literals are checked at once.
    ///
    /// # Errors
    /// [`SsrfError`].
    pub fn check(&self, text: &str) -> Result<Endpoint, SsrfError> {
        if text.len() > ENDPOINT_LEN_MAX || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(SsrfError::Malformed(
                "it has more than 512 characters or some that an address cannot have",
            ));
        }
        let url = Url::parse(text).map_err(|_| SsrfError::Malformed("it cannot be read"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(SsrfError::Scheme(url.scheme().chars().take(16).collect()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(SsrfError::Malformed(
                "user name and password are not allowed",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(SsrfError::Malformed("query and fragment are not allowed"));
        }
        let host = url.host().ok_or(SsrfError::Malformed("it has no host"))?;
        let (excepted, literal, name) = match host {
            Host::Domain(name) => (self.allows_host(name), None, name.to_owned()),
            Host::Ipv4(ip) => (
                self.allows_address(ip.into()),
                Some(ip.into()),
                ip.to_string(),
            ),
            Host::Ipv6(ip) => (
                self.allows_address(ip.into()),
                Some(ip.into()),
                ip.to_string(),
            ),
        };
        // A name outside the list may still resolve into an allowed network; `resolve` settles scheme and port then.
        let networks_may_allow = literal.is_none() && self.has_networks();
        let port = url
            .port_or_known_default()
            .ok_or(SsrfError::Malformed("it has no port"))?;
        if !excepted && !networks_may_allow {
            require_public_form(&url, port)?;
        }
        if let Some(ip) = literal
            && !excepted
        {
            require_public(ip)?;
        }
        // RFC 6761 section 6.3: such names are this machine's.
        let this_machine = name == "localhost" || name.ends_with(".localhost");
        if this_machine && !networks_may_allow && !excepted {
            return Err(SsrfError::Address(Ipv4Addr::LOCALHOST.into()));
        }
        Ok(Endpoint {
            url,
            host: name,
            port,
        })
    }

    /// Resolves the endpoint's host once and gives the first address that may be called.
    ///
    /// # Errors
    /// [`SsrfError::Unresolved`], [`SsrfError::Address`] and what [`EndpointPolicy::check`] gives.
    pub async fn resolve(&self, endpoint: &Endpoint) -> Result<SocketAddr, SsrfError> {
        let found: Vec<SocketAddr> = match IpAddr::from_str(&endpoint.host) {
            Ok(literal) => vec![SocketAddr::new(literal, endpoint.port)],
            Err(_) => tokio::net::lookup_host((endpoint.host.as_str(), endpoint.port))
                .await
                .map_err(|_| SsrfError::Unresolved(endpoint.host.clone()))?
                .take(ADDRESSES_MAX)
                .collect(),
        };
        let mut refusal = SsrfError::Unresolved(endpoint.host.clone());
        for address in found {
            match self.permits(endpoint, address.ip()) {
                Ok(()) => return Ok(address),
                Err(reason) => refusal = reason,
            }
        }
        Err(refusal)
    }

    /// Whether `ip`, to which the endpoint's host resolved, may be called.
    fn permits(&self, endpoint: &Endpoint, ip: IpAddr) -> Result<(), SsrfError> {
        if self.allows_address(ip) {
            return Ok(());
        }
        let named = self.allows_host(&endpoint.host);
        if !named {
            require_public_form(&endpoint.url, endpoint.port)?;
        }
        match reach(ip) {
            Reach::Public => Ok(()),
            Reach::Private if named => Ok(()),
            Reach::Private | Reach::Reserved => Err(SsrfError::Address(ip)),
        }
    }

    fn allows_host(&self, name: &str) -> bool {
        self.allowed.iter().any(|entry| match entry {
            Allowed::Host(host) => host == name,
            Allowed::Network(_) => false,
        })
    }

    fn allows_address(&self, ip: IpAddr) -> bool {
        self.allowed.iter().any(|entry| match entry {
            Allowed::Network(network) => network.contains(&ip.to_canonical()),
            Allowed::Host(_) => false,
        })
    }

    fn has_networks(&self) -> bool {
        self.allowed
            .iter()
            .any(|entry| matches!(entry, Allowed::Network(_)))
    }
}

fn is_host_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}

fn require_public_form(url: &Url, port: u16) -> Result<(), SsrfError> {
    if url.scheme() != "https" {
        return Err(SsrfError::Scheme(url.scheme().to_owned()));
    }
    if !PORTS_OPEN.contains(&port) {
        return Err(SsrfError::Port(port));
    }
    Ok(())
}

fn require_public(ip: IpAddr) -> Result<(), SsrfError> {
    match reach(ip) {
        Reach::Public => Ok(()),
        Reach::Private | Reach::Reserved => Err(SsrfError::Address(ip)),
    }
}

/// How far an address reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// The open internet.
    Public,
    /// Loopback and private networks: allowed when the host is named in the list.
    Private,
    /// Link-local, metadata, multicast, documentation and the rest: only by a network in the list.
    Reserved,
}

fn reach(ip: IpAddr) -> Reach {
    match ip {
        IpAddr::V4(v4) => reach_v4(v4),
        IpAddr::V6(v6) => reach_v6(v6),
    }
}

/// IANA IPv4 special-purpose address registry (RFC 6890 and its updates).
fn reach_v4(ip: Ipv4Addr) -> Reach {
    let [a, b, c, _] = ip.octets();
    match (a, b, c) {
        (127, ..) | (10, ..) | (172, 16..=31, _) | (192, 168, _) => Reach::Private,
        (0, ..)
        | (100, 64..=127, _)
        | (169, 254, _)
        | (192, 0, 0 | 2)
        | (192, 31, 196)
        | (192, 52, 193)
        | (192, 88, 99)
        | (192, 175, 48)
        | (198, 18..=19, _)
        | (198, 51, 100)
        | (203, 0, 113)
        | (224.., ..) => Reach::Reserved,
        _ => Reach::Public,
    }
}

/// IANA IPv6 special-purpose address registry; only 2000::/3 is public, and tunnels into IPv4 are judged by what
/// they carry or refused.
fn reach_v6(ip: Ipv6Addr) -> Reach {
    if let Some(v4) = ip.to_ipv4_mapped() {
        return reach_v4(v4);
    }
    if ip == Ipv6Addr::LOCALHOST {
        return Reach::Private;
    }
    match ip.segments() {
        // NAT64 (RFC 6052): the last 32 bits are the IPv4 address really called.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            match reach_v4(Ipv4Addr::new(a, b, c, d)) {
                Reach::Public => Reach::Public,
                Reach::Private | Reach::Reserved => Reach::Reserved,
            }
        }
        // EC2 and similar metadata services live in the unique local range.
        [0xfd00, 0x0ec2, ..] => Reach::Reserved,
        [first, ..] if first & 0xfe00 == 0xfc00 => Reach::Private,
        // Teredo, ORCHID, benchmarking, documentation, 6to4.
        [0x2001, second, ..] if second < 0x0200 || second == 0x0db8 => Reach::Reserved,
        [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => Reach::Reserved,
        [first, ..] if first & 0xe000 == 0x2000 => Reach::Public,
        _ => Reach::Reserved,
    }
}

#[cfg(test)]
mod tests;
