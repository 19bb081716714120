//! What a rule does with a packet that matches.

use super::{Mark, Net, PortRange};
use bstr::BStr;
use std::fmt;
use std::net::{IpAddr, SocketAddrV4};

/// The target of a rule, and its options.
#[derive(Clone, Debug, PartialEq)]
pub enum Target<'src> {
    /// `-j CHAIN`: goes on in a user-defined chain and comes back. The graph says which, or that there is none.
    Jump(&'src BStr),
    /// `-g CHAIN`: goes on in a user-defined chain and does not come back to this one.
    Goto(&'src BStr),
    /// `ACCEPT`: ends this table's walk at this hook.
    Accept,
    /// `DROP`.
    Drop,
    /// `RETURN`: back to the caller, or to the policy of a built-in chain.
    Return,
    /// `QUEUE` or `NFQUEUE`-like verdicts given to a program, word for word as after `-j`.
    Queue(&'src BStr),
    /// `REJECT --reject-with`: the kind of answer.
    Reject(&'src BStr),
    /// `DNAT --to-destination`.
    Dnat(TranslationBox),
    /// `SNAT --to-source`.
    Snat(TranslationBox),
    /// `MASQUERADE`: SNAT to an address of the outgoing interface. `addresses` is empty.
    Masquerade(TranslationBox),
    /// `REDIRECT`: DNAT to this node. `addresses` is empty.
    Redirect(TranslationBox),
    /// `NETMAP --to`: the network part is exchanged.
    Netmap(Net),
    /// `MARK --set-xmark`: `(mark & !mask) ^ value`.
    Mark(Mark),
    /// `CONNMARK`.
    Connmark(ConnmarkAction),
    /// `CT --notrack` and `NOTRACK`: the packet is not tracked, so no nat table sees it.
    Notrack {
        /// Written as the old `NOTRACK` target.
        old_form: bool,
    },
    /// `CT` with other options, word for word: tracking is changed, not switched off.
    Ct(&'src BStr),
    /// `LOG`, options word for word: goes on with the next rule.
    Log(&'src BStr),
    /// `TPROXY`, options word for word: the packet is handed to a local socket.
    Tproxy(&'src BStr),
    /// A target we give no meaning to: its name and its options, word for word.
    Other(&'src BStr),
}

/// Where an address translation leads. What is `None` stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Translation {
    /// First and last address; equal for one.
    pub addresses: Option<(IpAddr, IpAddr)>,
    /// The ports. `None` keeps the port.
    pub ports: Option<PortRange>,
    /// The base of a shifted port range (`:100-200/1000`).
    pub base_port: Option<u16>,
    /// `--random`.
    pub random: bool,
    /// `--random-fully`.
    pub random_fully: bool,
    /// `--persistent`.
    pub persistent: bool,
}

impl Translation {
    /// The address, if it is just one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.addresses.filter(|(first, last)| first == last).map(|(first, _)| first)
    }

    /// The port, if it is just one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.ports.and_then(PortRange::as_single)
    }
}

/// A [`Translation`] in two words. A large node has a hundred thousand to one IPv4 address and port, and those need no
/// memory of their own.
#[derive(Clone, PartialEq, Eq)]
pub struct TranslationBox(Boxed);

#[derive(Clone, PartialEq, Eq)]
enum Boxed {
    Endpoint(SocketAddrV4),
    Any(Box<Translation>),
}

impl TranslationBox {
    /// What is in it.
    #[must_use]
    pub fn get(&self) -> Translation {
        match &self.0 {
            Boxed::Endpoint(to) => Translation {
                addresses: Some((IpAddr::V4(*to.ip()), IpAddr::V4(*to.ip()))),
                ports: Some(PortRange::single(to.port())),
                ..Translation::default()
            },
            Boxed::Any(translation) => **translation,
        }
    }
}

impl From<Translation> for TranslationBox {
    fn from(translation: Translation) -> Self {
        if let (Some(IpAddr::V4(address)), Some(port)) = (translation.address(), translation.port()) {
            let short = Self(Boxed::Endpoint(SocketAddrV4::new(address, port)));
            if short.get() == translation {
                return short;
            }
        }
        Self(Boxed::Any(Box::new(translation)))
    }
}

impl fmt::Debug for TranslationBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// What `CONNMARK` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnmarkAction {
    /// `--set-xmark value/mask` on the connection's mark.
    Set(Mark),
    /// `--save-mark`: packet mark to connection mark, under the two masks.
    Save {
        /// Mask of the packet's mark.
        nfmask: u32,
        /// Mask of the connection's mark.
        ctmask: u32,
    },
    /// `--restore-mark`: connection mark to packet mark, under the two masks.
    Restore {
        /// Mask of the packet's mark.
        nfmask: u32,
        /// Mask of the connection's mark.
        ctmask: u32,
    },
}

impl<'src> Target<'src> {
    /// The chain it goes on in, and whether it comes back.
    #[must_use]
    pub fn chain_name(&self) -> Option<&'src BStr> {
        match self {
            Self::Jump(name) | Self::Goto(name) => Some(name),
            _ => None,
        }
    }

    /// Where a DNAT leads; `None` for anything else.
    #[must_use]
    pub fn dnat(&self) -> Option<Translation> {
        if let Self::Dnat(to) = self { Some(to.get()) } else { None }
    }
}

/// The targets iptables ships besides the verdicts (1.8.11, and those of older releases): what stands behind `-j`
/// is one of these or a chain, since no chain may bear such a name.
const EXTENSIONS: [&str; 43] = [
    "AUDIT",
    "BALANCE",
    "CHECKSUM",
    "CLASSIFY",
    "CLUSTERIP",
    "CONNMARK",
    "CONNSECMARK",
    "CT",
    "DNAT",
    "DNPT",
    "DSCP",
    "ECN",
    "FLOWOFFLOAD",
    "HL",
    "HMARK",
    "IDLETIMER",
    "LED",
    "LOG",
    "MARK",
    "MASQUERADE",
    "MIRROR",
    "NETMAP",
    "NFLOG",
    "NFQUEUE",
    "NOTRACK",
    "QUEUE",
    "RATEEST",
    "REDIRECT",
    "REJECT",
    "SAME",
    "SECMARK",
    "SET",
    "SNAT",
    "SNPT",
    "SYNPROXY",
    "TCPMSS",
    "TCPOPTSTRIP",
    "TEE",
    "TOS",
    "TPROXY",
    "TRACE",
    "TTL",
    "ULOG",
];

/// Whether `name` is a target extension of iptables, so that no chain can have that name.
#[must_use]
pub fn is_extension(name: &[u8]) -> bool {
    // The longest has eleven letters; most names of chains are longer.
    if name.len() > 11 {
        return false;
    }
    EXTENSIONS.binary_search_by(|known| known.as_bytes().cmp(name)).is_ok()
}
