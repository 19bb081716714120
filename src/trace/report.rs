//! From the end of a walk to its answer: outcomes under conditions, passes, hits.

use super::dist::{End, Entry};
use super::hooks::{Final, Journey};
use super::intern::Interner;
use super::refine::{Group, Part, groups};
use super::state::{Device, SourceChange, State, flags};
use super::walk::{Stage, Walk};
use super::{
    ChainBranch, ChainShare, ChainShares, Flag, Hit, Hook, Outcome, Pass, Place, SourceSeen, Step, TableKey, Trace,
    Verdict, Visit,
};
use crate::ruleset::{ChainId, RuleId, TableName, Target};
use bstr::{BString, ByteSlice};
use std::collections::{BTreeMap, BTreeSet};

/// What makes two outcomes one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Kind {
    verdict: Verdict,
    destination: Place,
    source: SourceSeen,
    reject_with: Option<String>,
}

/// What is told of an outcome besides. Where packets of one outcome leave the node differs with facts that decide
/// nothing else: then it is not told.
#[derive(Clone, Debug, Default)]
struct Told {
    evidence: BTreeSet<(u8, TableKey, RuleId)>,
    flags: u8,
    ways: BTreeSet<(Option<bool>, Option<BString>)>,
}

impl Told {
    /// Whether it is delivered on the node itself, and over which interface it leaves, as far as all packets agree.
    fn way(&self) -> (Option<bool>, Option<BString>) {
        let first = self.ways.first();
        let is_local = first.and_then(|(local, _)| *local);
        let is_local = is_local.filter(|local| self.ways.iter().all(|(own, _)| *own == Some(*local)));
        let out = first.and_then(|(_, out)| out.clone());
        let out = out.filter(|out| self.ways.iter().all(|(_, own)| own.as_ref() == Some(out)));
        (is_local, out)
    }
}

impl Walk<'_, '_, '_> {
    /// The whole answer.
    pub(super) fn trace(mut self) -> Trace {
        let journey = self.run();
        let outcomes = self.outcomes(&journey.finals);
        let weights = self.weights(journey.roots.iter().flatten());
        Trace {
            outcomes,
            passes: self.passes(&journey, &weights),
            hits: self.hits(&weights),
            inferred: self.sentences_inferred(),
            missing: self.missing(),
            packet: self.packet,
        }
    }

    /// What can become of the packet, and what was taken for granted.
    pub(super) fn outcomes_alone(mut self) -> (Vec<Outcome>, Vec<String>) {
        let journey = self.run();
        (self.outcomes(&journey.finals), self.sentences_inferred())
    }

    fn sentences_inferred(&self) -> Vec<String> {
        self.inferred.iter().map(super::infer::Inference::sentence).collect()
    }

    /// Whether any part of the packets is translated and goes on.
    pub(super) fn translates(mut self) -> bool {
        let journey = self.run();
        let is_translated = |each: &Final| {
            let state = self.states.get(each.state);
            each.weight > 0.0 && each.verdict == Verdict::Translated && !self.is_as_sent(&state)
        };
        journey.finals.iter().any(is_translated)
    }

    /// Whether it goes where it was sent to.
    fn is_as_sent(&self, state: &State) -> bool {
        state.destination == Some(self.packet.destination) && state.destination_port == self.packet.destination_port
    }

    fn missing(&self) -> Vec<TableName<'static>> {
        let all = [TableName::Raw, TableName::Mangle, TableName::Nat, TableName::Filter];
        all.into_iter().filter(|name| self.machine.key(*name).is_none()).collect()
    }

    fn outcomes(&self, finals: &[Final]) -> Vec<Outcome> {
        let mut kinds: Interner<Kind> = Interner::default();
        let mut told: Vec<Told> = Vec::new();
        let mut parts: Vec<Part> = Vec::new();
        for each in finals.iter().filter(|each| each.weight > 0.0) {
            let state = self.states.get(each.state);
            let kind = kinds.add(self.outcome_kind(each, &state));
            told.resize(kinds.len(), Told::default());
            let known = &mut told[kind as usize];
            known.flags |= state.flags;
            known.evidence.extend(self.evidence(each, &state));
            known.ways.insert(self.way(each, &state));
            parts.push((kind, self.states.assumptions(&state).to_vec(), each.weight));
        }
        let groups = groups(parts, &self.atoms);
        groups.iter().flat_map(|group| self.outcomes_under(group, &kinds, &told)).collect()
    }

    fn outcomes_under(&self, group: &Group, kinds: &Interner<Kind>, told: &[Told]) -> Vec<Outcome> {
        let conditions = self.sentences(group);
        let outcome = |&(kind, probability): &(u32, f64)| {
            let (known, told) = (kinds.value(kind), &told[kind as usize]);
            let (delivered_locally, out_interface) = told.way();
            Outcome {
                probability,
                verdict: known.verdict,
                destination: known.destination,
                source: known.source,
                masqueraded: match known.source {
                    SourceSeen::Kept => Some(false),
                    SourceSeen::Unknown => None,
                    _ => Some(true),
                },
                reject_with: known.reject_with.clone(),
                delivered_locally,
                out_interface,
                conditions: conditions.clone(),
                evidence: told.evidence.iter().map(|&(_, table, rule)| (table, rule)).collect(),
                flags: named(told.flags),
            }
        };
        let mut outcomes: Vec<_> = group.shares.iter().map(outcome).collect();
        if group.is_given_up {
            outcomes.push(given_up(&conditions));
        }
        outcomes.sort_by(|one, two| two.probability.total_cmp(&one.probability));
        outcomes
    }

    fn sentences(&self, group: &Group) -> Vec<String> {
        let all = &group.conditions;
        let is_told = |at: usize| {
            let (atom, value) = all[at];
            let implied = |&(other, held): &(u32, bool)| {
                other != atom && self.atoms.value(other).implies(held, self.atoms.value(atom)) == Some(value)
            };
            all.iter().any(implied)
        };
        let kept = (0..all.len()).filter(|&at| !is_told(at));
        kept.map(|at| self.atoms.value(all[at].0).sentence(all[at].1)).collect()
    }

    fn outcome_kind(&self, each: &Final, state: &State) -> Kind {
        let goes_on = each.verdict == Verdict::Translated;
        let is_nat_shown = self.machine.key(TableName::Nat).is_some();
        let source = match state.source_change {
            SourceChange::Kept if is_nat_shown || !goes_on => SourceSeen::Kept,
            SourceChange::Kept | SourceChange::Unknown => SourceSeen::Unknown,
            SourceChange::Masqueraded => SourceSeen::Masqueraded { address: state.source },
            SourceChange::Translated => SourceSeen::Translated { address: state.source },
        };
        Kind {
            verdict: if goes_on && self.is_as_sent(state) { Verdict::Untouched } else { each.verdict },
            destination: Place { address: state.destination, port: state.destination_port },
            source,
            reject_with: self.reject_with(each),
        }
    }

    /// Whether it is delivered on the node itself, and the interface it leaves over.
    fn way(&self, each: &Final, state: &State) -> (Option<bool>, Option<BString>) {
        let goes_on = each.verdict == Verdict::Translated;
        let out = match state.outgoing {
            Device::Named(place) if goes_on && !each.is_local => Some(self.devices.value(place).clone()),
            _ => None,
        };
        (goes_on.then_some(each.is_local), out)
    }

    fn reject_with(&self, each: &Final) -> Option<String> {
        let (table, rule) = each.rule.filter(|_| each.verdict == Verdict::Rejected)?;
        match &self.machine.table(table).rule(rule).target {
            Some(Target::Reject(kind)) => Some(kind.to_str_lossy().into_owned()),
            _ => None,
        }
    }

    fn evidence(&self, each: &Final, state: &State) -> Vec<(u8, TableKey, RuleId)> {
        let nat = self.machine.key(TableName::Nat);
        let translated = |at: u8, rule: Option<RuleId>| Some((at, nat?, rule?));
        let ended = each.rule.map(|(table, rule)| (2, table, rule));
        [translated(0, state.dnat_rule), translated(1, state.snat_rule), ended].into_iter().flatten().collect()
    }

    /// By room: how often it is entered, each open question counted half and half.
    fn weights<'w>(&self, roots: impl Iterator<Item = &'w (u32, f64)>) -> Vec<f64> {
        let mut weights = vec![0.0; self.rooms.len()];
        for &(room, weight) in roots {
            weights[room as usize] += weight;
        }
        for &room in self.finished.iter().rev() {
            let weight = weights[room as usize];
            for &(_, inner, part) in &self.rooms[room as usize].doors {
                if inner != room {
                    weights[inner as usize] += weight * part;
                }
            }
        }
        weights
    }

    fn hits(&self, weights: &[f64]) -> Vec<Hit> {
        let mut hits: BTreeMap<(TableKey, RuleId), f64> = BTreeMap::new();
        for (room, weight) in self.rooms.iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
            for &(rule, part) in &room.hits {
                *hits.entry((room.table, rule)).or_default() += weight * part;
            }
        }
        hits.into_iter().map(|((table, rule), packets)| Hit { table, rule, packets }).collect()
    }

    fn passes(&self, journey: &Journey, weights: &[f64]) -> Vec<Pass> {
        let mut rooms: Vec<Vec<u32>> = vec![Vec::new(); self.stages.len()];
        for (at, room) in (0u32..).zip(&self.rooms) {
            if let Some(list) = rooms.get_mut(usize::from(self.states.get(room.state).pass)) {
                list.push(at);
            }
        }
        let stages = self.stages.iter().zip(&rooms).zip(&journey.roots);
        stages
            .filter(|(_, roots)| !roots.is_empty())
            .map(|((stage, rooms), _)| self.pass_of(*stage, rooms, weights))
            .collect()
    }

    /// The rooms of one pass, those of one chain put together.
    fn pass_of(&self, stage: Stage, rooms: &[u32], weights: &[f64]) -> Pass {
        let mut places: BTreeMap<ChainId, usize> = BTreeMap::new();
        let mut visits: Vec<Visit> = Vec::new();
        for &room in rooms {
            let chain = self.rooms[room as usize].chain;
            let place = *places.entry(chain).or_insert_with(|| {
                visits.push(Visit { chain, probability: 0.0, steps: Vec::new() });
                visits.len() - 1
            });
            visits[place].probability += weights[room as usize];
        }
        let mut steps: BTreeMap<(usize, RuleId), (f64, u32)> = BTreeMap::new();
        for &room in rooms {
            for &(rule, part) in &self.rooms[room as usize].hits {
                let place = places[&self.rooms[room as usize].chain];
                steps.entry((place, rule)).or_insert((0.0, room)).0 += part * weights[room as usize];
            }
        }
        let (table, graph) = (self.machine.table(stage.table), self.machine.graph(stage.table));
        for ((place, rule), (probability, room)) in steps {
            let leads_to =
                graph.leads_to(table, rule).and_then(|chain| places.get(&chain)).and_then(|&at| u32::try_from(at).ok());
            let because = self.because(stage.table, rule, room);
            visits[place].steps.push(Step { rule, probability, because, leads_to });
        }
        Pass { hook: stage.hook, table: stage.table, visits }
    }

    /// Why a rule matched: its conditions as iptables writes them, in the order written; comments aside.
    fn because(&self, table: TableKey, rule: RuleId, _room: u32) -> Vec<String> {
        let of_table = self.machine.table(table);
        super::because::reasons(of_table.matches(of_table.rule(rule)))
    }

    /// Walks one chain alone.
    pub(super) fn chain_shares(mut self, table: TableKey, chain: ChainId) -> ChainShares {
        let hook = if self.packet.origin == super::Origin::Node { Hook::Output } else { Hook::Prerouting };
        self.stages.push(Stage { hook, table, is_looped: false });
        let incoming = match (self.packet.origin, self.packet.in_interface.clone()) {
            (super::Origin::Node, _) => Device::None,
            (_, Some(name)) => Device::Named(self.devices.add(name)),
            (_, None) => Device::Unknown,
        };
        let start = self.start(incoming);
        let start = self.states.add(start);
        let room = self.enter(table, chain, start);
        let result = self.rooms[room as usize].result.clone().unwrap_or_default();
        let parts = (0u32..).zip(result.iter());
        let parts = parts.map(|(at, entry)| (at, self.assumed_by(entry), entry.weight)).collect();
        let branches = groups(parts, &self.atoms);
        ChainShares { branches: branches.iter().map(|group| self.branch(group, &result)).collect() }
    }

    fn assumed_by(&self, entry: &Entry) -> Vec<(u32, bool)> {
        self.states.assumptions(&self.states.get(entry.state)).to_vec()
    }

    fn branch(&self, group: &Group, result: &[Entry]) -> ChainBranch {
        let mut branch = ChainBranch {
            conditions: self.sentences(group),
            shares: Vec::new(),
            returned: 0.0,
            accepted: 0.0,
            refused: 0.0,
            unknown: if group.is_given_up { 1.0 } else { 0.0 },
        };
        for &(at, probability) in &group.shares {
            let entry = &result[at as usize];
            let state = self.states.get(entry.state);
            match (entry.end, state.dnat_rule) {
                (End::Accepted, Some(rule)) => branch.shares.push(ChainShare {
                    rule,
                    destination: Place { address: state.destination, port: state.destination_port },
                    probability,
                    mark: state.mark,
                    flags: named(state.flags),
                }),
                (End::Open, _) => branch.returned += probability,
                (End::Accepted | End::Taken, _) => branch.accepted += probability,
                (End::Dropped | End::Rejected, _) => branch.refused += probability,
                (End::Unknown, _) => branch.unknown += probability,
            }
        }
        branch
    }
}

fn given_up(conditions: &[String]) -> Outcome {
    Outcome {
        probability: 1.0,
        verdict: Verdict::Unknown,
        destination: Place { address: None, port: None },
        source: SourceSeen::Unknown,
        masqueraded: None,
        reject_with: None,
        delivered_locally: None,
        out_interface: None,
        conditions: conditions.to_vec(),
        evidence: Vec::new(),
        flags: vec![Flag::GivenUp],
    }
}

/// The flags of a set of bits.
fn named(bits: u8) -> Vec<Flag> {
    let all = [
        (flags::COUNTED, Flag::Counted),
        (flags::AFFINITY, Flag::Affinity),
        (flags::HASHED, Flag::Hashed),
        (flags::LOCAL_SOCKET, Flag::LocalSocket),
        (flags::LOOP, Flag::Loop),
        (flags::GIVEN_UP, Flag::GivenUp),
    ];
    all.into_iter().filter(|(bit, _)| bits & bit != 0).map(|(_, flag)| flag).collect()
}
