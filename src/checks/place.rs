//! How an address and port that lead to a service are shown.

use crate::kube::Capture;
use std::net::IpAddr;

/// `10.96.0.1:443`, `[fd00::1]:443` or `node port 30080`.
pub(super) fn place(capture: &Capture<'_>) -> String {
    let port = capture.port.map_or_else(String::new, |port| port.to_string());
    match capture.address {
        Some(address) if capture.port.is_none() => address.to_string(),
        Some(IpAddr::V6(address)) => format!("[{address}]:{port}"),
        Some(address) => format!("{address}:{port}"),
        None => format!("node port {port}"),
    }
}
