//! Reads `ip -j addr` and `ip -j route` (also with `-4`, `-6`) into [`Facts`].

use super::{Facts, NodeAddress, Route};
use crate::ruleset::Net;
use bstr::BString;
use serde_json::Value;
use std::fmt;
use std::net::IpAddr;

/// Why a file of facts could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactsFault(String);

impl fmt::Display for FactsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FactsFault {}

impl Facts {
    /// Takes in the output of `ip -j addr`: from then on all addresses of the node are known.
    ///
    /// # Errors
    /// [`FactsFault`] when the text is not that.
    pub fn read_addresses(&mut self, json: &[u8]) -> Result<(), FactsFault> {
        for interface in items(json, "ip -j addr")? {
            let (Some(name), Some(addresses)) = (interface["ifname"].as_str(), interface["addr_info"].as_array())
            else {
                return Err(FactsFault("this is not the output of `ip -j addr`: no ifname and addr_info".into()));
            };
            self.addresses.extend(addresses.iter().filter_map(|address| node_address(name, address)));
        }
        self.addresses_complete = true;
        self.interfaces_known = true;
        Ok(())
    }

    /// Takes in the output of `ip -j route` (or `ip -j -6 route`): from then on all routes of its family are known.
    ///
    /// # Errors
    /// [`FactsFault`] when the text is not that.
    pub fn read_routes(&mut self, json: &[u8]) -> Result<(), FactsFault> {
        let items = items(json, "ip -j route")?;
        let is_v6 = items.iter().any(is_ipv6_route);
        for item in &items {
            let Some(destination) = item["dst"].as_str() else {
                return Err(FactsFault("this is not the output of `ip -j route`: an item without dst".into()));
            };
            let first_hop = item["nexthops"].as_array().and_then(|hops| hops.first()).unwrap_or(item);
            self.routes.extend(route(destination, is_v6, item, first_hop));
        }
        if is_v6 {
            self.routes_v6_complete = true;
        } else {
            self.routes_v4_complete = true;
        }
        Ok(())
    }
}

fn items(json: &[u8], command: &str) -> Result<Vec<Value>, FactsFault> {
    let value: Value = serde_json::from_slice(json)
        .map_err(|error| FactsFault(format!("this is not the output of `{command}`: {error}")))?;
    match value {
        Value::Array(items) => Ok(items),
        _ => Err(FactsFault(format!("this is not the output of `{command}`: not a JSON array"))),
    }
}

fn node_address(interface: &str, address: &Value) -> Option<NodeAddress> {
    let scope = address["scope"].as_str().unwrap_or("global");
    Some(NodeAddress {
        address: address["local"].as_str()?.parse().ok()?,
        prefix: u32::try_from(address["prefixlen"].as_u64()?).ok()?,
        interface: BString::from(interface),
        is_global: !matches!(scope, "host" | "link"),
        is_secondary: address["secondary"].as_bool().unwrap_or_default(),
        broadcast: address["broadcast"].as_str().and_then(|text| text.parse().ok()),
    })
}

/// IPv6 routes show `pref`, or an address of the family.
fn is_ipv6_route(item: &Value) -> bool {
    item["pref"].is_string()
        || ["dst", "gateway", "prefsrc"].iter().any(|key| item[key].as_str().is_some_and(|text| text.contains(':')))
}

fn route(destination: &str, is_v6: bool, item: &Value, hop: &Value) -> Option<Route> {
    let refuses =
        item["type"].as_str().is_some_and(|kind| matches!(kind, "blackhole" | "unreachable" | "prohibit" | "throw"));
    let interface = if refuses { "" } else { hop["dev"].as_str().unwrap_or_default() };
    let gateway = hop["gateway"].as_str().or_else(|| hop["via"]["host"].as_str());
    Some(Route {
        net: net(destination, is_v6)?,
        gateway: gateway.and_then(|text| text.parse().ok()),
        interface: BString::from(interface),
        source: item["prefsrc"].as_str().and_then(|text| text.parse().ok()),
        metric: item["metric"].as_u64().and_then(|metric| u32::try_from(metric).ok()).unwrap_or_default(),
    })
}

/// `default`, `10.0.0.0/8`, `10.0.0.1`.
fn net(text: &str, is_v6: bool) -> Option<Net> {
    let everything = if is_v6 { "::/0" } else { "0.0.0.0/0" };
    let text = if text == "default" { everything } else { text };
    let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let address: IpAddr = address.parse().ok()?;
    match prefix {
        Some(prefix) => Net::new(address, prefix.parse().ok()?),
        None => Some(Net::host(address)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_of_both_families_are_read_apart() {
        let mut facts = Facts::default();
        facts
            .read_routes(br#"[{"dst":"default","gateway":"fd00::1","dev":"eth0","metric":1024,"pref":"medium"}]"#)
            .unwrap();
        assert!(facts.routes_v6_complete && !facts.routes_v4_complete);
        assert_eq!(facts.routes[0].net.to_string(), "::/0");
        assert_eq!(facts.routes[0].metric, 1024);
    }

    #[test]
    fn several_next_hops_count_as_the_first() {
        let mut facts = Facts::default();
        let text =
            br#"[{"dst":"default","nexthops":[{"gateway":"10.0.0.1","dev":"a"},{"gateway":"10.0.0.2","dev":"b"}]}]"#;
        facts.read_routes(text).unwrap();
        assert_eq!(facts.routes.len(), 1);
        assert_eq!(facts.routes[0].interface, "a");
    }

    #[test]
    fn other_text_is_a_fault_that_names_the_command() {
        let mut facts = Facts::default();
        let said = facts.read_addresses(b"{}").unwrap_err().to_string();
        assert_eq!(said, "this is not the output of `ip -j addr`: not a JSON array");
        assert!(facts.read_routes(b"[{}]").unwrap_err().to_string().contains("without dst"));
        assert!(facts.read_addresses(b"\xff").is_err());
        assert!(!facts.addresses_complete);
    }
}
