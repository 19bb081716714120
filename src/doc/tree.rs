//! Trees: a trace's steps under the chain they were taken in.

use super::Text;

/// A tree, or several: nodes in the order they are read, each with its depth. Flat, so that a tree may be as deep as
/// a dump's chains are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Depth and node; a root has depth 0.
    pub nodes: Vec<(usize, Node)>,
}

/// A node with what stands beside it in columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// What the node is.
    pub label: Text,
    /// Where it is, such as `:324`; second column.
    pub place: Text,
    /// A remark; third column.
    pub remark: Text,
    /// A number such as `33.33 %`; set right in the last column.
    pub amount: Text,
}

impl Tree {
    /// No node yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a node under the last one of a smaller depth.
    pub fn node(&mut self, depth: usize, node: impl Into<Node>) -> &mut Self {
        self.nodes.push((depth, node.into()));
        self
    }
}

impl Node {
    /// A node with nothing beside it.
    #[must_use]
    pub fn new(label: impl Into<Text>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    /// The same with where it is.
    #[must_use]
    pub fn at(mut self, place: impl Into<Text>) -> Self {
        self.place = place.into();
        self
    }

    /// The same with a remark.
    #[must_use]
    pub fn remark(mut self, remark: impl Into<Text>) -> Self {
        self.remark = remark.into();
        self
    }

    /// The same with a number.
    #[must_use]
    pub fn amount(mut self, amount: impl Into<Text>) -> Self {
        self.amount = amount.into();
        self
    }
}

impl<T: Into<Text>> From<T> for Node {
    fn from(label: T) -> Self {
        Self::new(label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::dim;

    #[test]
    fn nodes_keep_their_depth_and_what_stands_beside_them() {
        let mut tree = Tree::new();
        tree.node(0, "PREROUTING").node(1, Node::new("KUBE-SERVICES").at(dim(":3")).remark("jump").amount("100 %"));
        let node = Node {
            label: "KUBE-SERVICES".into(),
            place: dim(":3").into(),
            remark: "jump".into(),
            amount: "100 %".into(),
        };
        assert_eq!(tree.nodes, vec![(0, Node::new("PREROUTING")), (1, node)]);
    }
}
