//! The rules are those of another node than the one they should be of.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::drifting::NEEDS;
use super::finding::{Finding, Findings};
use crate::drift::WrongNode;
use crate::kube::ProxyMode;

pub(super) static CHECK: Check = Check {
    name: "wrong-node-identity",
    level: Level::Error,
    proof: Proof::Objects,
    summary: "the rules are those of another node than the one named, or than kube-proxy believes in",
    page: include_str!("wrong_node_identity.md"),
    needs: NEEDS,
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some(wrong) = cx.input.api.and_then(|api| api.located.wrong.as_ref()) else { return };
    let first = || cx.input.proxies.iter().position(|proxy| proxy.dialect.mode == ProxyMode::Iptables);
    let place = wrong.services.first().map(|&(source, _)| source).or_else(first);
    if place == Some(cx.source) {
        found.push(finding(cx, wrong));
    }
}

fn finding(cx: &Context<'_, '_>, wrong: &WrongNode) -> Finding {
    let who = if wrong.is_given {
        "the rules are not those of the node given"
    } else {
        "kube-proxy takes this node for another"
    };
    let fits = match &wrong.fitting {
        Some(name) => format!("`{name}` fits"),
        None => "no node of the objects fits".to_owned(),
    };
    let message = format!("{who}: {}; {fits}", wrong.reasons.join("; "));
    let own: Vec<u32> = wrong.services.iter().filter(|(source, _)| *source == cx.source).map(|&(_, at)| at).collect();
    let mut lines = own.iter().filter_map(|&at| {
        let service = cx.proxy.services.get(at as usize)?;
        service.captures.iter().find_map(|capture| capture.jumps.first()).map(|&rule| (at, cx.line(rule)))
    });
    let mut finding = match lines.next() {
        Some((at, line)) => Finding::new(wrong.node.clone(), message, line).label(cx.name_at(at)),
        None => Finding::new(wrong.node.clone(), message, cx.services_line()),
    };
    for (at, line) in lines.take(4) {
        finding = finding.line(line, cx.name_at(at));
    }
    let (effect, remedy) = if wrong.is_given {
        (
            "What is local to the node named is not local here, so nothing can be said of local endpoints for it.",
            "Name the right node with --node, or take the dump on the node you named.",
        )
    } else {
        (
            "Services with a Local policy send to pods that are not here, or drop what pods here should get.",
            "Compare kube-proxy's --hostname-override (and its NODE_NAME) with the name of the Node object; then \
             restart it.",
        )
    };
    finding.effect(effect).remedy(remedy).services(own)
}
