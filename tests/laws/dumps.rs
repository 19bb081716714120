//! Laws of real dumps.

use super::text::{dumps, file, files, lines, plain, printed, prints_and_reads_back, table, testdata};
use bstr::ByteSlice;
use kubenat::input::read_bytes;
use kubenat::ruleset::{ChainGraph, Match, RuleId, Table, Target, Test};
use kubenat::syntax::parse;

#[test]
fn a_real_dump_has_no_fault_and_no_line_of_it_is_lost() {
    for path in dumps() {
        let input = file(&path);
        let parsed = parse(&input.sources);
        assert_eq!((input.notes.as_slice(), parsed.faults.as_slice()), (&[][..], &[][..]), "{}", path.display());
        assert_eq!((parsed.tally.prose, parsed.tally.noise), (0, 0), "{}", path.display());
        assert_eq!(parsed.tally.lines(), lines(&input), "{}", path.display());
    }
}

#[test]
fn a_real_dump_prints_back_byte_for_byte() {
    for path in dumps() {
        let input = file(&path);
        let parsed = parse(&input.sources);
        let mut tables: Vec<_> = parsed.rulesets.into_iter().flat_map(|ruleset| ruleset.tables).collect();
        tables.sort_by_key(|table| table.span);
        let printed = printed(&tables, &input.sources);
        let lines = printed.lines().zip(input.sources.files()[0].original().lines());
        let differs = lines.enumerate().find(|(_, (one, other))| one != other);
        assert_eq!(
            differs.map(|(at, (one, other))| (at + 1, one.as_bstr(), other.as_bstr())),
            None,
            "{}",
            path.display()
        );
        assert_eq!(printed.len(), input.sources.files()[0].original().len());
    }
}

#[test]
fn rules_of_real_texts_print_and_read_back() {
    for path in dumps().into_iter().chain(files(&testdata("lists"))) {
        let input = file(&path);
        for ruleset in &parse(&input.sources).rulesets {
            ruleset.tables.iter().for_each(prints_and_reads_back);
        }
    }
}

/// The reader notes by the way where a jump leads; that must be the chain of that name, the first one, in every text.
#[test]
fn jumps_lead_to_the_chain_of_their_name() {
    let hand_made = "*nat\n:A - [0:0]\n:B - [0:0]\n-A A -j B\n-A A -j GONE\n-X B\n-N C\n-A A -g C\nCOMMIT\n\
        -A KUBE-SERVICES -j KUBE-SVC-X\n-A FORWARD -j KUBE-FORWARD\n-A KUBE-FORWARD -j DROP\n-A KUBE-SVC-X -j KUBE-MARK-MASQ\n";
    let texts = dumps().into_iter().chain(files(&testdata("lists"))).map(|path| file(&path));
    for input in texts.chain([read_bytes("hand made".into(), hand_made.into()).expect("it is small")]) {
        for ruleset in &parse(&input.sources).rulesets {
            for table in &ruleset.tables {
                let graph = ChainGraph::new(table);
                for (id, rule) in (0..).map(RuleId).zip(&table.rules) {
                    let name = rule.target.as_ref().and_then(Target::chain_name);
                    let named = name.and_then(|name| table.chains.iter().position(|chain| chain.name == name));
                    assert_eq!(graph.leads_to(table, id).map(|chain| chain.0 as usize), named, "{name:?}");
                }
            }
        }
    }
}

/// What a listing tells of a rule, whatever the order: matches and target.
fn told(table: &Table<'_>, at: usize) -> Vec<String> {
    let rule = &table.rules[at];
    let matches: Vec<Match<'_>> =
        table.matches(rule).iter().filter(|each| !matches!(*each.test(), Test::Module(_))).cloned().collect();
    let mut told = plain(&matches);
    told.sort();
    told.push(format!("{:?} in {}", rule.target, table.chain(rule.chain).name));
    told
}

#[test]
fn listings_commands_and_save_of_one_table_agree() {
    for node in ["kind-dualstack-128-nft", "eks-edge-123-nft", "kubeadm-dead-128-legacy"] {
        let save = file(testdata(&format!("dumps/{node}.save.gz")));
        let save = parse(&save.sources);
        let save = table(&save.rulesets[0], "nat");
        for form in ["nat-S", "nat-L-n-v-line"] {
            let list = file(testdata(&format!("texts/{node}.{form}.txt.gz")));
            let list = parse(&list.sources);
            assert_eq!((list.faults.as_slice(), list.tally.prose), (&[][..], 0), "{node} {form}");
            let list = table(&list.rulesets[0], "nat");
            assert!(list.is_complete && !list.is_named);
            let names = |table: &Table<'_>| {
                let mut names: Vec<_> = table.chains.iter().map(|chain| chain.name.to_string()).collect();
                names.sort();
                names
            };
            assert_eq!(names(list), names(save), "{node} {form}");
            assert_eq!(list.rules.len(), save.rules.len(), "{node} {form}");
            let of_chain = |table: &Table<'_>, name: &str| -> Vec<Vec<String>> {
                let chain = table.chains.iter().find(|chain| chain.name == name).unwrap();
                chain.rules.clone().map(|at| told(table, at as usize)).collect()
            };
            for chain in &save.chains {
                let name = chain.name.to_string();
                assert_eq!(of_chain(list, &name), of_chain(save, &name), "{node} {form}");
            }
            if form == "nat-L-n-v-line" {
                assert!((0..list.rules.len()).all(|at| list.counters(RuleId(u32::try_from(at).unwrap())).is_some()));
            }
        }
    }
}
