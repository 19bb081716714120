//! What `explain` can be asked about, told apart by how it is written.

use super::address_port::{AddressPort, Refused, address_and_port, port, protocol_with_ports, split_protocol};
use super::check_names;
use super::service::ServiceName;
use crate::ruleset::Protocol;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};
use std::ffi::OsStr;
use std::str::FromStr;

/// The one thing to explain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// `shop/web`, `shop/web:http`.
    Service(ServiceName),
    /// `10.96.0.10`, `10.96.0.10:53`, `[fd00::1]:53/udp`: of a service or of a pod.
    Address(AddressPort),
    /// `:30080`, `:53/udp`: a node port, or that port of any address.
    Port {
        /// The port, 1 to 65535.
        port: u16,
        /// The protocol, if only one is meant.
        protocol: Option<Protocol>,
    },
    /// The name of a check: `leaking-service`.
    Check(&'static str),
    /// Any other word: `KUBE-SVC-TCOU7JCQXEZGVUNU`, `DOCKER-USER`, `FORWARD`.
    Chain(String),
}

impl FromStr for Subject {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Self, Refused> {
        if let Some(check) = check_names().iter().copied().find(|&name| name == text) {
            return Ok(Self::Check(check));
        }
        if text.starts_with("KUBE-") {
            return chain(text);
        }
        if let Some(rest) = text.strip_prefix(':').filter(|rest| !rest.starts_with(':')) {
            return any_port(rest);
        }
        match address_and_port(split_protocol(text).0) {
            Some(_) if is_net(text) => Err(format!("`{text}` is a net: name one address of it")),
            Some(_) => text.parse().map(Self::Address),
            None if text.contains(['/', ':']) => text.parse().map(Self::Service),
            None => chain(text),
        }
    }
}

fn any_port(text: &str) -> Result<Subject, Refused> {
    let (digits, protocol) = split_protocol(text);
    Ok(Subject::Port { port: port(digits)?, protocol: protocol.map(protocol_with_ports).transpose()? })
}

fn chain(text: &str) -> Result<Subject, Refused> {
    if text.is_empty() || text.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return Err("a service, an address, a port, a chain or a check is wanted, as one word".into());
    }
    Ok(Subject::Chain(text.into()))
}

/// `10.96.0.0/12`: digits behind the slash and no port before it.
fn is_net(text: &str) -> bool {
    let (place, protocol) = split_protocol(text);
    let digits = protocol.is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    digits && matches!(address_and_port(place), Some(Ok((_, None))))
}

/// Reads any subject, and offers the shell the names of the checks.
#[derive(Clone)]
pub(super) struct SubjectParser;

impl TypedValueParser for SubjectParser {
    type Value = Subject;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Subject, Error> {
        let text = StringValueParser::new().parse_ref(command, arg, value)?;
        text.parse().map_err(|refused| {
            let message =
                format!("invalid value '{text}' for '<SUBJECT>': {refused}\n\nFor more information, try '--help'.\n");
            Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(check_names().iter().map(PossibleValue::new)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, expected: Subject) {
        assert_eq!(text.parse(), Ok(expected), "{text}");
    }

    #[track_caller]
    fn refuses(text: &str, because: &str) {
        let refused = text.parse::<Subject>().unwrap_err();
        assert!(refused.contains(because), "{text}: {refused}");
    }

    fn service(namespace: &str, name: &str, port: Option<&str>) -> Subject {
        let port = port.map(Into::into);
        Subject::Service(ServiceName { namespace: namespace.into(), name: name.into(), port })
    }

    fn address(address: &str, port: Option<u16>, protocol: Option<Protocol>) -> Subject {
        Subject::Address(AddressPort { address: address.parse().unwrap(), port, protocol })
    }

    #[test]
    fn a_word_with_a_slash_is_a_service() {
        reads("shop/web", service("shop", "web", None));
        reads("kube-system/kube-dns:dns", service("kube-system", "kube-dns", Some("dns")));
        reads("default/nginx:", service("default", "nginx", Some("")));
        reads("kube-system/FOO:foo", service("kube-system", "FOO", Some("foo")));
    }

    #[test]
    fn an_address_is_an_address_of_either_family() {
        reads("10.96.0.10", address("10.96.0.10", None, None));
        reads("10.96.0.10:53", address("10.96.0.10", Some(53), None));
        reads("10.96.0.10:53/udp", address("10.96.0.10", Some(53), Some(Protocol::UDP)));
        reads("fd00::1", address("fd00::1", None, None));
        reads("::1", address("::1", None, None));
        reads("[fd00::1]:80", address("fd00::1", Some(80), None));
        reads("[fd00::1]:80/tcp", address("fd00::1", Some(80), Some(Protocol::TCP)));
        reads("[::ffff:10.0.0.1]:80", address("::ffff:10.0.0.1", Some(80), None));
        reads("::ffff:10.0.0.1", address("::ffff:10.0.0.1", None, None));
    }

    #[test]
    fn a_port_alone_is_that_port_of_any_address() {
        reads(":30080", Subject::Port { port: 30080, protocol: None });
        reads(":53/udp", Subject::Port { port: 53, protocol: Some(Protocol::UDP) });
        refuses(":65536", "there is no port 65536: ports go from 1 to 65535");
        refuses(":", "a port number is missing");
        refuses(":dns", "`dns` is no port number");
        refuses(":53/icmp", "icmp has no ports");
    }

    #[test]
    fn a_known_check_is_a_check_and_any_other_word_a_chain() {
        reads("leaking-service", Subject::Check("leaking-service"));
        for chain in ["KUBE-SVC-TCOU7JCQXEZGVUNU", "KUBE-SERVICES", "FORWARD", "DOCKER-USER", "cali-PREROUTING", "web"]
        {
            reads(chain, Subject::Chain(chain.into()));
        }
        reads("leaking-servise", Subject::Chain("leaking-servise".into()));
        reads("KUBE-ODD/NAME:1", Subject::Chain("KUBE-ODD/NAME:1".into()));
    }

    #[test]
    fn what_could_be_nothing_is_refused_with_the_right_form() {
        refuses("", "is wanted, as one word");
        refuses("two words", "is wanted, as one word");
        refuses("web:http", "the namespace is missing: write NAMESPACE/web:http");
        refuses("10.96.0.0/12", "`10.96.0.0/12` is a net");
        refuses("fd00::/64", "is a net");
        refuses("10.96.0.10/udp", "wants a port before it");
        refuses("10.96.0.10:70000", "there is no port 70000");
        refuses("[fd00::1:80", "`]` after the address is missing");
        refuses("1:2:3:4:5:6:7:8:80", "write [1:2:3:4:5:6:7:8]:80");
        refuses("shop/web/http", "NAMESPACE/NAME");
    }
}
