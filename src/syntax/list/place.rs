//! The source and destination columns: addresses, `anywhere`, or names nobody can look up again.

use super::phrase::{is_figures, split};
use crate::ruleset::Net;
use crate::syntax::fault::Wanted;
use crate::syntax::word::net;
use std::net::Ipv4Addr;

/// What an address column means.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    /// `anywhere`, or with `-n` `0.0.0.0/0` and `::/0`.
    Anywhere {
        /// Whether it is written in figures.
        is_numeric: bool,
    },
    /// Addresses, written in figures.
    Net(Net),
    /// A network that has the same name everywhere: `loopback/8`.
    NamedNet(Net),
    /// A name from DNS, /etc/hosts or /etc/networks.
    Name,
}

/// Networks that /etc/networks names on every distribution.
const NETWORKS: [(&[u8], Ipv4Addr, u32); 2] =
    [(b"loopback/8", Ipv4Addr::new(127, 0, 0, 0), 8), (b"link-local/16", Ipv4Addr::new(169, 254, 0, 0), 16)];

/// Reads a column without its `!`.
pub(crate) fn place(column: &[u8]) -> Result<Place, Wanted<'_>> {
    match column {
        b"anywhere" => return Ok(Place::Anywhere { is_numeric: false }),
        b"0.0.0.0/0" | b"::/0" => return Ok(Place::Anywhere { is_numeric: true }),
        _ => {}
    }
    if let Some(net) = net(column) {
        return Ok(Place::Net(net));
    }
    let named = NETWORKS.iter().find(|(name, ..)| *name == column);
    match named.and_then(|&(_, addr, prefix)| Net::new(addr.into(), prefix)) {
        Some(net) => Ok(Place::NamedNet(net)),
        None if is_figures(column) => {
            Err(Wanted { what: "an address, with a prefix length or mask of its family", rest: column })
        }
        None => Ok(Place::Name),
    }
}

/// Whether a column can be nothing but a source or destination: `anywhere` or an address, with or without `!`.
pub(crate) fn is_place(column: &[u8]) -> bool {
    let column = column.strip_prefix(b"!").unwrap_or(column);
    column == b"anywhere" || net(column).is_some()
}

/// Whether a column is what stands in a listing of IPv6 rules and is no name.
pub(crate) fn is_ipv6_place(column: &[u8]) -> bool {
    let column = column.strip_prefix(b"!").unwrap_or(column);
    column == b"anywhere" || column.contains(&b':') && net(column).is_some()
}

/// Whether the text begins with a place, for columns that were cut off or moved.
pub(crate) fn begins_with_place(text: &[u8]) -> bool {
    is_place(split(text).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(addr: [u8; 4], mask: [u8; 4]) -> Net {
        Net::V4 { addr: addr.into(), mask: mask.into() }
    }

    #[test]
    fn a_place_is_anywhere_a_net_or_a_name() {
        for (column, expected) in [
            ("anywhere", Place::Anywhere { is_numeric: false }),
            ("0.0.0.0/0", Place::Anywhere { is_numeric: true }),
            ("::/0", Place::Anywhere { is_numeric: true }),
            ("0.0.0.0", Place::Net(v4([0; 4], [255; 4]))),
            ("0.0.0.0/8", Place::Net(v4([0; 4], [255, 0, 0, 0]))),
            ("10.0.1.0/255.0.255.0", Place::Net(v4([10, 0, 1, 0], [255, 0, 255, 0]))),
            ("loopback/8", Place::NamedNet(v4([127, 0, 0, 0], [255, 0, 0, 0]))),
            ("link-local/16", Place::NamedNet(v4([169, 254, 0, 0], [255, 255, 0, 0]))),
            ("ip-10-0-1-2.ec2.internal", Place::Name),
            ("fade", Place::Name),
            ("localnet/24", Place::Name),
        ] {
            assert_eq!(place(column.as_bytes()), Ok(expected), "{column}");
        }
    }

    #[test]
    fn figures_that_are_no_address_are_a_fault() {
        for column in ["10.0.0.0/33", "fd00::/129", "10.0.0.0/99999999999999999999", "300.0.0.1", "10.0.0.0/ffff::"] {
            let what = "an address, with a prefix length or mask of its family";
            let expected = Wanted { what, rest: column.as_bytes() };
            assert_eq!(place(column.as_bytes()), Err(expected), "{column}");
        }
    }
}
