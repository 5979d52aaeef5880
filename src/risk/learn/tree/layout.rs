//! A tree as splits with the leaves on their sides, for scoring without branches.

use std::ops::Range;

use super::Tree;

/// A split and the leaves on its sides.
pub(in crate::risk::learn) struct Fork {
    pub(in crate::risk::learn) column: usize,
    /// Bins that go left.
    pub(in crate::risk::learn) left_bins: u64,
    pub(in crate::risk::learn) left: Range<usize>,
    pub(in crate::risk::learn) right: Range<usize>,
}

impl Tree {
    /// Number of leaves.
    pub(in crate::risk::learn) fn n_leaves(&self) -> usize {
        self.nodes.len().div_ceil(2)
    }

    /// Columns it splits by, some more than once.
    pub(in crate::risk::learn) fn columns(&self) -> impl Iterator<Item = usize> {
        self.nodes
            .iter()
            .filter_map(|node| Some(node.column? as usize))
    }

    /// Its splits with the leaves on their sides, and the leaves' log odds from left to right.
    pub(in crate::risk::learn) fn laid_out(&self) -> (Vec<Fork>, Vec<f64>) {
        let (mut forks, mut values) = (Vec::new(), Vec::new());
        self.lay_out(0, &mut forks, &mut values);
        (forks, values)
    }

    fn lay_out(&self, at: usize, forks: &mut Vec<Fork>, values: &mut Vec<f64>) {
        let node = &self.nodes[at];
        let Some(column) = node.column else {
            values.push(node.value);
            return;
        };
        let from = values.len();
        self.lay_out(node.left as usize, forks, values);
        let middle = values.len();
        self.lay_out(node.right as usize, forks, values);
        forks.push(Fork {
            column: column as usize,
            left_bins: node.left_bins,
            left: from..middle,
            right: middle..values.len(),
        });
    }
}
