//! One minimal dump for each form that kube-proxy ever wrote, and what it meant by it.

mod modern;
mod modes;
mod older;
mod pieces;
mod solving;

use super::*;
use crate::ruleset::{Resolved, Ruleset};
use crate::source::Sources;

/// Reads `text` and asks `ask` of what kube-proxy meant by its first ruleset, verified.
#[track_caller]
fn meant<T>(text: &str, ask: impl FnOnce(&Proxy<'_, '_>) -> T) -> T {
    let mut sources = Sources::default();
    sources.add("test".into(), text.as_bytes().to_vec(), None).unwrap();
    let parsed = crate::syntax::parse(&sources);
    assert!(parsed.faults.is_empty(), "{:?}", parsed.faults);
    let ruleset: &Ruleset<'_> = &parsed.rulesets[0];
    let resolved = Resolved::new(ruleset);
    let mut proxy = Proxy::new(&resolved);
    proxy.verify();
    ask(&proxy)
}

/// Like [`meant`], solved.
#[track_caller]
fn solved(text: &str, ask: impl FnOnce(&Proxy<'_, '_>, Solution)) {
    let mut sources = Sources::default();
    sources.add("test".into(), text.as_bytes().to_vec(), None).unwrap();
    let parsed = crate::syntax::parse(&sources);
    let resolved = Resolved::new(&parsed.rulesets[0]);
    let mut proxy = Proxy::new(&resolved);
    proxy.verify();
    let solution = proxy.solve();
    ask(&proxy, solution);
}

/// A nat table of these lines: declarations and rules.
fn nat(lines: &str) -> String {
    format!("*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{lines}COMMIT\n")
}

/// A filter table of these lines.
fn filter(lines: &str) -> String {
    format!("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{lines}COMMIT\n")
}

/// The service of that name.
#[track_caller]
fn service<'p, 'src>(proxy: &'p Proxy<'_, 'src>, name: &str) -> &'p ServicePort<'src> {
    let found = proxy.services.iter().find(|service| service.name.is_some_and(|its| its.text() == name));
    found.unwrap_or_else(|| panic!("no {name} in {:?}", proxy.services))
}

/// Its captures in a line each: kind, address, port, state.
fn captures(service: &ServicePort<'_>) -> Vec<String> {
    let address = |capture: &Capture<'_>| capture.address.map_or("*".into(), |address| address.to_string());
    let line = |capture: &Capture<'_>| {
        let (kind, state, port) = (capture.kind, capture.state, capture.port.unwrap_or_default());
        format!("{kind:?} {} {port} {state:?}", address(capture))
    };
    service.captures.iter().map(line).collect()
}

/// Where balancing rules lead.
fn targets(proxy: &Proxy<'_, '_>, rules: &[Balancing]) -> Vec<String> {
    let target = |rule: &Balancing| proxy.endpoint(rule.endpoint?).dnat()?.target();
    rules.iter().map(|rule| target(rule).map_or("nowhere".into(), |target| target.to_string())).collect()
}

/// Oldest and newest minor release.
fn era(proxy: &Proxy<'_, '_>) -> (Option<u8>, Option<u8>) {
    (proxy.dialect.from.map(|release| release.0), proxy.dialect.to.map(|release| release.0))
}
