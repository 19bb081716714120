//! What the whole command line means.

use super::*;
use clap::error::ContextKind;

#[track_caller]
fn read(line: &str) -> Cli {
    Cli::read(line.split(' ')).unwrap_or_else(|error| panic!("{line}: {error}"))
}

#[track_caller]
fn refuses(line: &str, because: &str) {
    let refused = Cli::read(line.split(' ')).unwrap_err();
    assert!(refused.to_string().contains(because), "{line}: {refused}");
    assert_eq!(refused.exit_code(), 2);
}

fn files(cli: &Cli) -> Vec<&str> {
    cli.files().into_iter().map(|file| file.to_str().unwrap()).collect()
}

#[test]
fn the_definition_holds_together() {
    Cli::command().debug_assert();
}

#[test]
fn words_that_are_no_command_are_files() {
    let cli = read("kubenat node.save other.save -f third -f -");
    assert!(cli.command.is_none());
    assert_eq!(files(&cli), ["node.save", "other.save", "third", "-"]);
}

#[test]
fn the_name_of_a_command_is_the_command() {
    let cli = read("kubenat check a.save");
    assert!(matches!(cli.command, Some(Command::Check(_))));
    assert_eq!(files(&cli), ["a.save"]);
    assert!(read("kubenat ./check").command.is_none());
    assert!(read("kubenat -f check").command.is_none());
}

#[test]
fn files_named_before_and_behind_the_command_add_up() {
    assert_eq!(files(&read("kubenat -f a check b -f c")), ["a", "b", "c"]);
}

#[test]
fn a_common_option_may_stand_on_either_side_of_the_command() {
    for line in ["kubenat -o json -n shop -v services", "kubenat services -o json -n shop -v"] {
        let common = read(line).common;
        assert_eq!((common.output, common.namespace.as_deref(), common.verbose), (Output::Json, Some("shop"), true));
    }
}

#[test]
fn explain_takes_its_subject_first_and_then_files() {
    let cli = read("kubenat explain shop/web:http node.save");
    let Some(Command::Explain(args)) = &cli.command else { panic!("{cli:?}") };
    assert_eq!(args.subject, Subject::Service("shop/web:http".parse().unwrap()));
    assert_eq!(files(&cli), ["node.save"]);
}

#[test]
fn a_trace_is_told_the_packet_and_the_node() {
    let cli = read(
        "kubenat trace --from external --src 198.51.100.7 --to 192.0.2.10:30080 --sport 4000 -i eth0 --mark 0x10 \
         --node-ip 192.0.2.10 --node-ip fd00::10 --addresses a.json --routes r4.json --routes r6.json --steps all",
    );
    let Some(Command::Trace(args)) = &cli.command else { panic!("{cli:?}") };
    assert_eq!((args.from, args.steps, args.sport, args.mark), (Sender::External, Steps::All, Some(4000), Some(16)));
    assert_eq!(args.src, Some("198.51.100.7".parse().unwrap()));
    assert_eq!(args.in_interface.as_deref(), Some("eth0"));
    assert_eq!((args.node_ip.len(), args.addresses.len(), args.routes.len()), (2, 1, 2));
}

#[test]
fn a_packet_comes_from_a_pod_unless_said_otherwise() {
    let cli = read("kubenat trace --to [fd00::1]:80");
    let Some(Command::Trace(args)) = &cli.command else { panic!("{cli:?}") };
    assert_eq!((args.from, args.steps), (Sender::Pod, Steps::Matched));
}

#[test]
fn checks_are_chosen_with_commas_or_by_repeating() {
    let cli = read("kubenat check --only leaking-service,no-hairpin --only uneven-shares --skip no-endpoints");
    let Some(Command::Check(args)) = &cli.command else { panic!("{cli:?}") };
    assert_eq!(args.only, ["leaking-service", "no-hairpin", "uneven-shares"]);
    assert_eq!(args.skip, ["no-endpoints"]);
}

#[test]
fn a_near_miss_is_told_the_right_name() {
    let refused = Cli::read(["kubenat", "check", "--only", "leaking-servise"]).unwrap_err();
    assert!(refused.get(ContextKind::SuggestedValue).is_some(), "{refused}");
    assert!(refused.to_string().contains("'leaking-service'"));
    assert!(refused.get(ContextKind::ValidValue).is_none(), "fifty names would bury the right one");
    refuses("kubenat check --skip nonsense", "`kubenat checks` lists them");
    refuses("kubenat --ouput json", "--output");
}

#[test]
fn what_cannot_hold_together_is_refused() {
    refuses("kubenat --demo node.save", "--demo is a dump of its own");
    refuses("kubenat --demo check node.save", "--demo is a dump of its own");
    refuses("kubenat -q check -v", "--quiet and --verbose");
    refuses("kubenat services -o sarif", "for `kubenat check`");
    refuses("kubenat trace --src 10.0.0.1 --to [fd00::1]:80", "different families");
    assert!(Cli::read(["kubenat", "check", "-o", "junit"]).is_ok());
}

#[test]
fn values_are_refused_where_they_are_typed() {
    refuses("kubenat trace --to 10.0.0.1:70000", "there is no port 70000");
    refuses("kubenat trace --to 10.0.0.1:80 --sport 65536", "65536 is not in 1..=65535");
    refuses("kubenat trace --to 10.0.0.1:80 --mark 0x1/0x1", "has no mask");
    refuses("kubenat trace", "--to");
    refuses("kubenat explain :70000", "there is no port 70000");
    refuses("kubenat who shop/web", "not a service");
    refuses("kubenat services -m (", "unclosed group");
    refuses("kubenat convert --to yaml", "possible values: save, json");
    refuses("kubenat completions tcsh", "possible values");
}

#[test]
fn help_fits_eighty_columns_and_shows_examples() {
    let mut main = Cli::command().term_width(80);
    main.build();
    let commands = main.get_subcommands().filter(|command| command.get_name() != "help").cloned();
    let pages = std::iter::once(main.clone()).chain(commands);
    for mut page in pages.map(|page| page.term_width(80)) {
        let text = page.render_long_help().to_string();
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(80), "{}: {widest:?}\n{text}", page.get_name());
        let examples = page.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(examples.starts_with("Examples:") && text.contains(&examples), "{}:\n{text}", page.get_name());
    }
}
