//! The brake on what anybody may send without signing in: requests are counted per address, in a bounded table.
//!
//! Behind a proxy all addresses are the proxy's: let the proxy count, and raise the limit here.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use stanch_types::{Duration, Timestamp};

/// Requests are counted over this time.
pub const WINDOW: Duration = Duration::from_mins(15);
/// Most addresses remembered; those of windows that ended give way, else all: at worst somebody gets a new count.
const ADDRESSES_MAX: usize = 50_000;

/// Requests by address.
#[derive(Debug)]
pub struct Rate {
    requests_max: u32,
    table: Mutex<HashMap<IpAddr, (Timestamp, u32)>>,
}

impl Rate {
    /// Refuses more than `requests_max` requests of one address within [`WINDOW`].
    #[must_use]
    pub fn new(requests_max: u32) -> Self {
        Self {
            requests_max,
            table: Mutex::new(HashMap::new()),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// The seconds to wait if there were too many.
    pub fn admit(&self, address: IpAddr, now: Timestamp) -> Result<(), u64> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let client = client(address);
        if table.len() >= ADDRESSES_MAX && !table.contains_key(&client) {
            table.retain(|_, (since, _)| now.since(*since) < WINDOW);
            if table.len() >= ADDRESSES_MAX {
                table.clear();
            }
        }
        let (since, count) = table.entry(client).or_insert((now, 0));
        if now.since(*since) >= WINDOW {
            (*since, *count) = (now, 0);
        }
        if *count >= self.requests_max {
            let left = WINDOW.as_secs() - now.since(*since).as_secs();
            return Err(u64::try_from(left).unwrap_or(1).max(1));
        }
        *count += 1;
        Ok(())
    }
}

/// One household or company has a whole /64 of IPv6 addresses.
fn client(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_wait_for_the_next_window() {
        let rate = Rate::new(2);
        let start = Timestamp::from_secs(1_000);
        let here: IpAddr = "2001:db8::1".parse().unwrap();
        let neighbour: IpAddr = "2001:db8::2".parse().unwrap();
        let there: IpAddr = "192.0.2.1".parse().unwrap();
        assert_eq!(rate.admit(here, start), Ok(()));
        assert_eq!(rate.admit(neighbour, start), Ok(()));
        let later = start.plus(Duration::from_mins(5));
        assert_eq!(rate.admit(here, later), Err(600));
        assert_eq!(rate.admit(there, later), Ok(()));
        assert_eq!(rate.admit(here, start.plus(WINDOW)), Ok(()));
    }

    #[test]
    fn the_table_is_bounded() {
        let rate = Rate::new(1);
        let now = Timestamp::from_secs(0);
        for n in 0..=u32::try_from(ADDRESSES_MAX).unwrap() {
            assert_eq!(rate.admit(IpAddr::V4(n.into()), now), Ok(()));
        }
        assert!(rate.table.lock().unwrap().len() <= ADDRESSES_MAX);
    }
}
