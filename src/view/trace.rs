//! One packet through the tables: the tree of what it met, and what can become of it.

use super::paths::source_words;
use super::words::percent;
use super::{Detail, Node, address};
use crate::doc::{Column, Doc, Node as Branch, Table, Text, Tree, bad, dim, good, plain, strong, warn};
use crate::ruleset::{RuleId, Target, rule_line, target_line};
use crate::trace::{Origin, Outcome, Packet, Pass, Step, Trace, Verdict, Visit};

/// So many rules of one chain are shown before the rest is only counted.
const SHOWN: usize = 12;

/// The whole answer; with `all_rules` also the rules that did not match.
#[must_use]
pub fn trace(node: &Node<'_, '_>, source: usize, trace: &Trace, all_rules: bool, detail: Detail) -> Doc {
    let mut doc = Doc::new();
    doc.heading(strong(headline(&trace.packet))).blank();
    let most = if detail == Detail::Wide { usize::MAX } else { SHOWN };
    let mut tree = Tree::new();
    let is_told = |pass: &&Pass| all_rules || pass.visits.iter().any(|visit| !visit.steps.is_empty());
    for pass in trace.passes.iter().filter(is_told) {
        Drawing { node, source, pass, all_rules, most, drawn: vec![false; pass.visits.len()] }.draw(&mut tree);
    }
    doc.tree(tree);
    for sentence in &trace.inferred {
        doc.paragraph(dim(format!("taken for granted: {sentence}")));
    }
    if !trace.missing.is_empty() {
        let names: Vec<String> = trace.missing.iter().map(|table| table.name().to_string()).collect();
        doc.paragraph(dim(format!("not in the dump, so not walked: {}", names.join(", "))));
    }
    doc.blank().append(outcomes(trace));
    doc
}

/// `198.51.100.7 → 52.48.10.15:443/tcp, from outside`.
fn headline(packet: &Packet) -> String {
    let from = match packet.origin {
        Origin::Pod => "from a pod of this node",
        Origin::Node => "from the node itself",
        Origin::External => "from outside",
    };
    let source =
        packet.source.map_or_else(|| "any address".into(), |_| address::endpoint(packet.source, packet.source_port));
    let to = address::endpoint(Some(packet.destination), packet.destination_port);
    format!("{source} → {to}/{}, {from}", packet.protocol)
}

/// One table at one hook as a tree. Each chain is drawn once; where it is entered again only its name stands.
struct Drawing<'d, 'a, 'src> {
    node: &'d Node<'a, 'src>,
    source: usize,
    pass: &'d Pass,
    all_rules: bool,
    most: usize,
    drawn: Vec<bool>,
}

/// What is still to be drawn, the last first: chains may be nested deeper than a stack is.
enum Pending {
    Visit { visit: usize, depth: usize },
    Rule { visit: usize, rule: RuleId, depth: usize },
    More { count: usize, depth: usize },
}

impl Drawing<'_, '_, '_> {
    fn draw(mut self, tree: &mut Tree) {
        let Some(table) = self.node.table(self.source, self.pass.table) else { return };
        let name = table.name.name();
        tree.node(0, Branch::new(strong(self.pass.hook.chain_name()).and(dim(format!("  {name}")))));
        let mut pending = vec![Pending::Visit { visit: 0, depth: 1 }];
        while let Some(next) = pending.pop() {
            match next {
                Pending::Visit { visit, depth } => self.open(visit, depth, &mut pending),
                Pending::Rule { visit, rule, depth } => self.rule(visit, rule, depth, tree, &mut pending),
                Pending::More { count, depth } => {
                    tree.node(depth, Branch::new(dim(format!("… and {count} more rules (-o wide shows all)"))));
                }
            }
        }
    }

    /// Puts the rules of a chain in line, unless they were drawn before.
    fn open(&mut self, visit: usize, depth: usize, pending: &mut Vec<Pending>) {
        let Some(shown) = self.pass.visits.get(visit) else { return };
        if std::mem::replace(&mut self.drawn[visit], true) {
            return;
        }
        let (mut line, mut hidden) = (Vec::new(), 0);
        // Rules that matched are shown whatever stands between them; of a chain with many endpoints only the first.
        let (mut matched, mut missed) = (0, 0);
        for rule in if self.all_rules { self.rules_of(shown) } else { matching(shown) } {
            let is_match = shown.steps.iter().any(|step| step.rule == rule);
            let count = if is_match { &mut matched } else { &mut missed };
            *count += 1;
            if *count > self.most {
                hidden += 1;
                continue;
            }
            if hidden > 0 {
                line.push(Pending::More { count: std::mem::take(&mut hidden), depth });
            }
            line.push(Pending::Rule { visit, rule, depth });
        }
        if hidden > 0 {
            line.push(Pending::More { count: hidden, depth });
        }
        pending.extend(line.into_iter().rev());
    }

    fn rules_of(&self, visit: &Visit) -> Vec<RuleId> {
        let table = self.node.table(self.source, self.pass.table);
        table.map_or_else(Vec::new, |table| table.rules_of(visit.chain).map(|(rule, _)| rule).collect())
    }

    fn rule(&self, visit: usize, rule: RuleId, depth: usize, tree: &mut Tree, pending: &mut Vec<Pending>) {
        let Some(table) = self.node.table(self.source, self.pass.table) else { return };
        let step = self.pass.visits[visit].steps.iter().find(|step| step.rule == rule);
        let place = dim(self.node.place(table.rule(rule).span));
        let Some(step) = step else {
            let text = String::from_utf8_lossy(&rule_line(table, table.rule(rule))).into_owned();
            tree.node(depth, Branch::new(dim(format!("no match: {text}"))).at(place));
            return;
        };
        let label = label(table.rule(rule).target.as_ref());
        let again = step.leads_to.is_some_and(|to| self.drawn.get(to as usize).copied().unwrap_or_default());
        let label = if again { label.and(dim(" (as above)")) } else { label };
        tree.node(depth, Branch::new(label).at(place).remark(because(step)).amount(percent(step.probability)));
        if let Some(to) = step.leads_to {
            pending.push(Pending::Visit { visit: to as usize, depth: depth + 1 });
        }
    }
}

fn matching(visit: &Visit) -> Vec<RuleId> {
    visit.steps.iter().map(|step| step.rule).collect()
}

fn because(step: &Step) -> Text {
    if step.because.is_empty() { dim("always").into() } else { dim(step.because.join(", ")).into() }
}

fn label(target: Option<&Target<'_>>) -> Text {
    match target {
        None => plain("counts").into(),
        Some(target) => match target.chain_name() {
            Some(chain) => plain(chain).into(),
            None => strong(target_line(target)).into(),
        },
    }
}

/// The table of outcomes, a group for each set of conditions.
fn outcomes(trace: &Trace) -> Doc {
    let mut doc = Doc::new();
    let groups: Vec<&[Outcome]> = trace.outcomes.chunk_by(|one, next| one.conditions == next.conditions).collect();
    let mut table =
        Table::new([Column::right("share"), Column::left("outcome").rank(3), Column::left("the destination sees")]);
    for group in &groups {
        if let Some(first) = group.first().filter(|first| !first.conditions.is_empty()) {
            table.across(warn(first.conditions.join(", and ")));
        }
        for outcome in *group {
            table.row((plain(percent(outcome.probability)), outcome_text(outcome), plain(seen(outcome))));
        }
    }
    doc.table(table);
    doc
}

fn seen(outcome: &Outcome) -> String {
    match outcome.verdict {
        Verdict::Translated | Verdict::Untouched => source_words(outcome.source),
        _ => String::new(),
    }
}

fn outcome_text(outcome: &Outcome) -> Text {
    let text = outcome_name(outcome);
    match outcome.verdict {
        Verdict::Translated => good(text).into(),
        Verdict::Untouched => plain(text).into(),
        Verdict::Rejected | Verdict::Dropped | Verdict::Unroutable => bad(text).into(),
        Verdict::Unknown => warn(text).into(),
    }
}

/// An outcome in one line.
#[must_use]
pub fn outcome_name(outcome: &Outcome) -> String {
    let place = address::endpoint(outcome.destination.address, outcome.destination.port);
    match outcome.verdict {
        Verdict::Translated => format!("translated to {place}"),
        Verdict::Untouched => format!("goes on untranslated to {place}"),
        Verdict::Rejected => {
            let with = outcome.reject_with.as_deref().map(|with| format!(" with {with}")).unwrap_or_default();
            format!("rejected{with}")
        }
        Verdict::Dropped => "dropped".into(),
        Verdict::Unroutable => format!("the node has no route to {place}"),
        Verdict::Unknown => "the dump does not tell".into(),
    }
}
