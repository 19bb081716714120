//! A service, or one port of it, by name: `shop/web`, `shop/web:http`.

use super::address_port::Refused;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A service as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The name of one of its ports; `None` is all of them, the empty name is the port without a name (`shop/web:`).
    pub port: Option<String>,
}

impl FromStr for ServiceName {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Self, Refused> {
        let Some((namespace, rest)) = text.split_once('/') else {
            return Err(format!("the namespace is missing: write NAMESPACE/{text}"));
        };
        if namespace.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
            return Err(format!("`{text}` is a net or lacks a port: write one address, as in `{namespace}`"));
        }
        let (name, port) = rest.split_once(':').map_or((rest, None), |(name, port)| (name, Some(port)));
        if namespace.is_empty() || name.is_empty() || [namespace, rest].into_iter().any(is_odd) || is_twofold(port) {
            return Err("a service is written NAMESPACE/NAME or NAMESPACE/NAME:PORT".into());
        }
        Ok(Self { namespace: namespace.into(), name: name.into(), port: port.map(Into::into) })
    }
}

/// Whether it holds what no name does. Upper case is let through: rules written by hand have it.
fn is_odd(word: &str) -> bool {
    word.contains(|letter: char| letter.is_whitespace() || letter.is_control() || letter == '/')
}

fn is_twofold(port: Option<&str>) -> bool {
    port.is_some_and(|port| port.contains(':'))
}

/// As kube-proxy writes it: `ns/name:port`.
impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)?;
        self.port.as_ref().map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, expected: (&str, &str, Option<&str>)) {
        let read = text.parse::<ServiceName>().unwrap();
        assert_eq!((read.namespace.as_str(), read.name.as_str(), read.port.as_deref()), expected);
        assert_eq!(read.to_string(), text);
    }

    #[test]
    fn a_service_is_named_with_its_namespace() {
        reads("shop/web", ("shop", "web", None));
        reads("kube-system/FOO:foo", ("kube-system", "FOO", Some("foo")));
        reads("shop/web:8080", ("shop", "web", Some("8080")));
    }

    #[test]
    fn a_colon_with_nothing_behind_it_is_the_port_without_a_name() {
        reads("shop/web:", ("shop", "web", Some("")));
    }

    #[test]
    fn other_words_are_told_how_to_name_a_service() {
        for (text, because) in [
            ("web:http", "the namespace is missing: write NAMESPACE/web:http"),
            ("/web", "NAMESPACE/NAME"),
            ("shop/", "NAMESPACE/NAME"),
            ("shop/:http", "NAMESPACE/NAME"),
            ("shop/web/http", "NAMESPACE/NAME"),
            ("shop/web:a:b", "NAMESPACE/NAME"),
            ("shop/we b", "NAMESPACE/NAME"),
            ("10.96.0.0/12", "one address, as in `10.96.0.0`"),
            ("[fd00::1]/tcp", "one address"),
        ] {
            let refused = text.parse::<ServiceName>().unwrap_err();
            assert!(refused.contains(because), "{text}: {refused}");
        }
    }
}
