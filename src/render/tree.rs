//! Trees: guides, labels, and beside them three columns: place, remark, and an amount at the right margin.

use super::canvas::Canvas;
use super::line::Line;
use super::wrap::wrapped;
use crate::doc::{Node, Tone, Tree};
use std::io;

/// Blanks between two columns.
const GAP: usize = 2;

/// Columns of one level of guides.
const STEP: usize = 3;

/// Levels of guides that are drawn at most: what a tree takes stays in proportion to its nodes.
const DEEPEST: usize = 40;

/// A remark is not squeezed below this by wide labels.
const NARROW_REMARK: usize = 24;

/// A node ready to be laid out.
struct Branch<'a> {
    /// Guides of its first line, such as `│  └─ `.
    first: String,
    /// Guides of its other lines, such as `│     `.
    others: String,
    label: Line<'a>,
    place: Line<'a>,
    remark: Line<'a>,
    amount: Line<'a>,
}

/// Widths of the columns; 0 where no node has anything there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Layout {
    label: usize,
    place: usize,
    remark: usize,
    amount: usize,
}

/// Shows `tree`.
pub(super) fn show(tree: &Tree, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let branches = branches(tree, canvas.width());
    let layout = layout(&branches, canvas.width());
    branches.iter().try_for_each(|branch| show_branch(branch, layout, canvas))
}

fn branches(tree: &Tree, width: usize) -> Vec<Branch<'_>> {
    // For each level above the current node: whether its guide goes on below.
    let mut goes_on: Vec<bool> = Vec::new();
    let mut branches = Vec::with_capacity(tree.nodes.len());
    for ((_, node), (depth, last)) in tree.nodes.iter().zip(lasts(tree)) {
        goes_on.resize(depth, false);
        if let Some(own) = goes_on.last_mut() {
            *own = !last;
        }
        branches.push(branch(node, guides(&goes_on, (width / 2 / STEP).min(DEEPEST))));
    }
    branches
}

fn branch(node: &Node, (first, others): (String, String)) -> Branch<'_> {
    let [label, place, remark, amount] = [&node.label, &node.place, &node.remark, &node.amount].map(Line::new);
    Branch { first, others, label, place, remark, amount }
}

/// For each node: its depth, never more than one below the node before, and whether it is the last of its siblings.
fn lasts(tree: &Tree) -> Vec<(usize, bool)> {
    let mut above = None;
    let depths = tree.nodes.iter().map(|(depth, _)| {
        let depth = above.map_or(0, |above: usize| (*depth).min(above + 1));
        above = Some(depth);
        depth
    });
    let depths: Vec<usize> = depths.collect();
    // From below: the depths at which a sibling has been seen since their parent.
    let mut seen: Vec<bool> = Vec::new();
    let mut lasts: Vec<(usize, bool)> =
        depths.into_iter().rev().map(|depth| (depth, !sibling(&mut seen, depth))).collect();
    lasts.reverse();
    lasts
}

/// Whether a node at `depth` was seen since the last one above it, and notes this one.
fn sibling(seen: &mut Vec<bool>, depth: usize) -> bool {
    let before = seen.get(depth).copied().unwrap_or(false);
    seen.resize(depth + 1, false);
    seen[depth] = true;
    before
}

/// Guides of the first line and of the others. Of levels beyond `deepest` only the inner ones are drawn.
fn guides(goes_on: &[bool], deepest: usize) -> (String, String) {
    let Some((own, outer)) = goes_on.split_last() else { return (String::new(), String::new()) };
    let hidden = goes_on.len().saturating_sub(deepest.max(2));
    let mut others: String = outer[hidden..].iter().map(|&on| if on { "│  " } else { "   " }).collect();
    if hidden > 0 {
        others.replace_range(..others.char_indices().nth(STEP).map_or(others.len(), |(at, _)| at), "…  ");
    }
    let first = format!("{others}{}", if *own { "├─ " } else { "└─ " });
    others.push_str(if *own { "│  " } else { "   " });
    (first, others)
}

fn layout(branches: &[Branch<'_>], width: usize) -> Layout {
    let widest = |of: fn(&Branch<'_>) -> usize| branches.iter().map(of).max().unwrap_or(0);
    let natural = Layout {
        label: widest(|branch| branch.first.chars().count() + branch.label.width()),
        place: widest(|branch| branch.place.width()),
        remark: widest(|branch| branch.remark.width()),
        amount: widest(|branch| branch.amount.width()),
    };
    let limit = width / 4;
    let (place, amount) = (natural.place.min(limit), natural.amount.min(limit));
    let gaps = [place, natural.remark, amount].iter().filter(|width| **width > 0).count() * GAP;
    let room = width.saturating_sub(place + amount + gaps);
    let remark = natural.remark.min(room.saturating_sub(natural.label).max(NARROW_REMARK.min(room / 2)));
    Layout { label: natural.label.min(room - remark), place, remark, amount }
}

fn show_branch(branch: &Branch<'_>, layout: Layout, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let columns = [
        wrapped(&branch.label, layout.label.saturating_sub(branch.first.chars().count())),
        wrapped(&branch.place, layout.place),
        wrapped(&branch.remark, layout.remark),
        wrapped(&branch.amount, layout.amount),
    ];
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    (0..height).try_for_each(|at| {
        let guides = if at == 0 { &branch.first } else { &branch.others };
        let [label, place, remark, amount] = columns.each_ref().map(|column| column.get(at).cloned());
        let label = Line::of(guides.as_str(), Tone::Dim).and(label.unwrap_or_default());
        let amount = amount.filter(|amount| amount.width() > 0).map(|amount| amount.right_aligned(layout.amount));
        let cells =
            [(layout.label, Some(label)), (layout.place, place), (layout.remark, remark), (layout.amount, amount)];
        canvas.line(&joined(cells))
    })
}

/// Cells side by side, without blanks behind the last one that holds something.
fn joined(cells: [(usize, Option<Line<'_>>); 4]) -> Line<'_> {
    let (mut line, mut edge) = (Line::default(), 0);
    for (width, cell) in cells {
        if let Some(cell) = cell.filter(|cell| cell.width() > 0) {
            line = line.padded(edge).and(cell);
        }
        edge += if width > 0 { width + GAP } else { 0 };
    }
    line
}

#[cfg(test)]
mod tests {
    use crate::doc::{Doc, Node, Tree};
    use crate::render::terminal::plain_text;

    fn trace() -> Tree {
        let mut tree = Tree::new();
        tree.node(0, "PREROUTING  nat");
        tree.node(1, Node::new("KUBE-SERVICES").at(":3").remark("jump, always"));
        tree.node(2, Node::new("source is this node?").at(":168").remark("no: a new client"));
        tree.node(3, "kept");
        tree.node(2, Node::new("KUBE-SEP → 10.0.13.15:8443").at(":306").remark("DNAT").amount("100 %"));
        tree.node(0, "FORWARD  filter");
        tree
    }

    #[track_caller]
    fn shows(tree: Tree, columns: u16, expected: &[&str]) {
        let mut doc = Doc::new();
        doc.tree(tree);
        let shown = plain_text(&doc, columns);
        assert_eq!(shown.lines().collect::<Vec<_>>(), expected, "\n{shown}");
    }

    #[test]
    fn guides_lead_to_each_node_and_columns_align() {
        let expected = [
            "PREROUTING  nat",
            "└─ KUBE-SERVICES                  :3    jump, always",
            "   ├─ source is this node?        :168  no: a new client",
            "   │  └─ kept",
            "   └─ KUBE-SEP → 10.0.13.15:8443  :306  DNAT              100 %",
            "FORWARD  filter",
        ];
        shows(trace(), 80, &expected);
    }

    #[test]
    fn labels_wrap_under_their_guides() {
        let expected = [
            "PREROUTING  nat",
            "└─ KUBE-SERVICES           :3    jump, always",
            "   ├─ source is this       :168  no: a new client",
            "   │  node?",
            "   │  └─ kept",
            "   └─ KUBE-SEP →           :306  DNAT              100 %",
            "      10.0.13.15:8443",
            "FORWARD  filter",
        ];
        shows(trace(), 56, &expected);
    }

    #[test]
    fn a_node_deeper_than_there_is_room_keeps_its_inner_guides() {
        let mut tree = Tree::new();
        (0..10_000).for_each(|depth| {
            tree.node(depth, "x");
        });
        let mut doc = Doc::new();
        doc.tree(tree);
        let shown = plain_text(&doc, 40);
        assert_eq!(shown.lines().last(), Some("…              └─ x"));
    }

    #[test]
    fn a_depth_that_skips_levels_is_one_level_down() {
        let mut tree = Tree::new();
        tree.node(5, "a").node(9, "b");
        shows(tree, 80, &["a", "└─ b"]);
    }
}
