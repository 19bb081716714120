//! What the commands of hand-made files do to a table: what iptables-restore would do.

use super::builder::TableBuilder;
use super::line::Command;
use super::rule::Options;
use crate::ruleset::ChainKind;
use crate::source::Span;

/// Does to the table what the command says; what it wants and does not find is an error.
pub(super) fn apply<'src>(
    builder: &mut TableBuilder<'src>,
    command: &Command<'src>,
    mark: usize,
    options: Options<'src>,
    span: Span,
) -> Result<(), &'static str> {
    let Options { target, counters: within, .. } = options;
    match *command {
        Command::Append { counters, chain, .. } => {
            let chain = builder.chain(chain, span);
            builder.append(chain, mark, target, counters.or(within), span);
        }
        Command::Insert { counters, chain, at, .. } => {
            let chain = builder.chain(chain, span);
            builder.insert(chain, at, mark, target, counters.or(within), span);
        }
        Command::Replace { counters, chain, at, .. } => {
            let chain = builder.chain(chain, span);
            if !builder.delete_at(chain, at) {
                return Err("the number of a rule that the chain has");
            }
            builder.insert(chain, at, mark, target, counters.or(within), span);
        }
        Command::DeleteAt { chain, at } => {
            let chain = builder.chain(chain, span);
            return found(builder.delete_at(chain, at), "the number of a rule that the chain has");
        }
        Command::Delete { chain, .. } => {
            let chain = builder.chain(chain, span);
            return match builder.delete(chain, mark, target.as_ref()) {
                Some(is_found) => found(is_found, "a rule that the chain has"),
                None => Err("fewer deletions by the text of a rule: they are no longer carried out"),
            };
        }
        Command::New(name) => {
            builder.declare(name, ChainKind::UserDefined { references: None }, span);
        }
        Command::Policy { chain, policy, counters } => builder.set_policy(chain, policy, counters, span),
        Command::Flush(Some(name)) => {
            let chain = builder.chain(name, span);
            builder.flush(chain);
        }
        Command::Flush(None) => builder.flush_all(),
        Command::DeleteChain(Some(name)) => {
            let chain = builder.chain(name, span);
            builder.delete_chain(chain);
        }
        Command::DeleteChain(None) => builder.delete_chains(),
        Command::Zero(Some(name)) => {
            let chain = builder.chain(name, span);
            builder.zero(Some(chain));
        }
        Command::Zero(None) => builder.zero(None),
    }
    Ok(())
}

fn found(is_found: bool, wanted: &'static str) -> Result<(), &'static str> {
    if is_found { Ok(()) } else { Err(wanted) }
}
