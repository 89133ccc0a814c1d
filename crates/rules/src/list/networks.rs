//! Networks of IP addresses as ranges that do not overlap, each with the latest end of the networks over it: one
//! binary search answers, 8 bytes an IPv4 range (32 an IPv6 one) and 8 more when any entry ends.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::ir::ListEntry;

#[derive(Debug, Default)]
pub(crate) struct Networks {
    v4: Ranges<u32>,
    v6: Ranges<u128>,
}

#[derive(Debug)]
struct Ranges<T> {
    /// First and last address of each range, ascending.
    bounds: Vec<(T, T)>,
    /// The first microsecond at which each range no longer holds; empty when none ends.
    until: Vec<i64>,
}

impl<T> Default for Ranges<T> {
    fn default() -> Self {
        Self {
            bounds: Vec::new(),
            until: Vec::new(),
        }
    }
}

/// `until` of what does not end.
const FOREVER: i64 = i64::MAX;

impl Networks {
    /// Networks (`203.0.113.0/24`) and single addresses.
    pub(crate) fn new(entries: &[ListEntry]) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for entry in entries {
            let until = entry.until_us.unwrap_or(FOREVER);
            match parse_network(&entry.value) {
                Some(IpNet::V4(net)) => {
                    v4.push((u32::from(net.network()), u32::from(net.broadcast()), until));
                }
                Some(IpNet::V6(net)) => {
                    v6.push((
                        u128::from(net.network()),
                        u128::from(net.broadcast()),
                        until,
                    ));
                }
                None => {}
            }
        }
        Self {
            v4: Ranges::new(v4, |a| a.checked_add(1), |a| a.checked_sub(1)),
            v6: Ranges::new(v6, |a| a.checked_add(1), |a| a.checked_sub(1)),
        }
    }

    /// Whether a network that holds at `at_us` has `address`. An IPv4 address written as IPv6 counts as IPv4.
    pub(crate) fn contains(&self, address: IpAddr, at_us: i64) -> bool {
        match address.to_canonical() {
            IpAddr::V4(address) => self.v4.contains(u32::from(address), at_us),
            IpAddr::V6(address) => self.v6.contains(u128::from(address), at_us),
        }
    }

    pub(crate) fn bytes_used(&self) -> usize {
        self.v4.bytes_used() + self.v6.bytes_used()
    }
}

/// A network, or a single address as the network of itself.
fn parse_network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse()
        .ok()
        .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

impl<T: Copy + Ord> Ranges<T> {
    /// From networks, which lie inside or outside each other but never overlap in part.
    fn new(
        mut networks: Vec<(T, T, i64)>,
        after: impl Fn(T) -> Option<T>,
        before: impl Fn(T) -> Option<T>,
    ) -> Self {
        // Wider networks first at the same start: outer ones are on the stack before inner ones.
        networks.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
        let mut flat: Vec<(T, T, i64)> = Vec::with_capacity(networks.len());
        let mut open: Vec<(T, T, i64)> = Vec::new();
        for (first, last, until) in networks {
            while let Some(&(from, to, ends)) = open.last()
                && to < first
            {
                open.pop();
                push(&mut flat, from, to, ends);
                raise(&mut open, after(to));
            }
            let mut until = until;
            if let Some((from, _, ends)) = open.last_mut() {
                if let Some(gap_end) = before(first)
                    && *from <= gap_end
                {
                    push(&mut flat, *from, gap_end, *ends);
                }
                until = until.max(*ends);
                *from = first;
            }
            open.push((first, last, until));
        }
        while let Some((from, to, ends)) = open.pop() {
            push(&mut flat, from, to, ends);
            raise(&mut open, after(to));
        }
        merge(&mut flat, after);
        let ends_at_all = flat.iter().any(|range| range.2 != FOREVER);
        Self {
            bounds: flat.iter().map(|range| (range.0, range.1)).collect(),
            until: if ends_at_all {
                flat.iter().map(|range| range.2).collect()
            } else {
                Vec::new()
            },
        }
    }

    fn contains(&self, address: T, at_us: i64) -> bool {
        let after = self.bounds.partition_point(|(first, _)| *first <= address);
        let Some(at) = after.checked_sub(1) else {
            return false;
        };
        self.bounds
            .get(at)
            .is_some_and(|(_, last)| address <= *last)
            && self.until.get(at).is_none_or(|until| at_us < *until)
    }

    fn bytes_used(&self) -> usize {
        self.bounds.capacity() * size_of::<(T, T)>() + self.until.capacity() * size_of::<i64>()
    }
}

fn push<T: Ord>(flat: &mut Vec<(T, T, i64)>, first: T, last: T, until: i64) {
    if first <= last {
        flat.push((first, last, until));
    }
}

/// What is left of the outer network begins at `from`; nothing is left when there is no such address.
fn raise<T: Copy + Ord>(open: &mut Vec<(T, T, i64)>, from: Option<T>) {
    match (open.last_mut(), from) {
        (Some(outer), Some(from)) => outer.0 = outer.0.max(from),
        (Some(_), None) => open.clear(),
        (None, _) => {}
    }
}

/// Joins neighbours with one end.
fn merge<T: Copy + Ord>(flat: &mut Vec<(T, T, i64)>, after: impl Fn(T) -> Option<T>) {
    flat.retain(|range| range.0 <= range.1);
    flat.dedup_by(|next, kept| {
        let joins = kept.2 == next.2 && after(kept.1) == Some(next.0);
        if joins {
            kept.1 = next.1;
        }
        joins
    });
    flat.shrink_to_fit();
}
