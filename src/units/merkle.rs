//! Merkle trees as RFC 6962 §2.1 has them: one digest for many leaves, and a short path that proves one of them.

use super::digest::{Digest, HashName};

/// A tree that grows leaf by leaf in memory of the order of its height.
#[derive(Clone, Debug)]
pub struct MerkleRoot {
    hash: HashName,
    n_leaves: u64,
    /// Roots of the full subtrees so far, largest first.
    full: Vec<Digest>,
}

impl MerkleRoot {
    /// An empty tree.
    #[must_use]
    pub fn new(hash: HashName) -> Self {
        Self {
            hash,
            n_leaves: 0,
            full: Vec::new(),
        }
    }

    /// Appends a leaf hash, as [`leaf_hash`] makes it.
    pub fn push(&mut self, leaf: Digest) {
        let mut node = leaf;
        for _ in 0..self.n_leaves.trailing_ones() {
            let left = self.full.pop().expect("one subtree per set bit");
            node = node_hash(self.hash, &left, &node);
        }
        self.full.push(node);
        self.n_leaves += 1;
    }

    /// Leaves so far.
    #[must_use]
    pub fn n_leaves(&self) -> u64 {
        self.n_leaves
    }

    /// The root; of no leaves, the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Digest {
        let mut subtrees = self.full.iter().rev().copied();
        let Some(last) = subtrees.next() else {
            return self.hash.digest(&[]);
        };
        subtrees.fold(last, |right, left| node_hash(self.hash, &left, &right))
    }
}

/// H(00 ‖ data).
#[must_use]
pub fn leaf_hash(hash: HashName, data: &[&[u8]]) -> Digest {
    let parts: Vec<&[u8]> = std::iter::once(&[0_u8] as &[u8])
        .chain(data.iter().copied())
        .collect();
    hash.digest(&parts)
}

/// H(01 ‖ left ‖ right).
#[must_use]
pub fn node_hash(hash: HashName, left: &Digest, right: &Digest) -> Digest {
    hash.digest(&[&[1], &left.0, &right.0])
}

/// The audit path of leaf `index`: the siblings from the leaf up.
///
/// # Panics
/// When `index` is not below the number of leaves.
#[must_use]
pub fn merkle_path(hash: HashName, leaves: &[Digest], index: usize) -> Vec<Digest> {
    assert!(index < leaves.len(), "the leaf must stand in the tree");
    if leaves.len() == 1 {
        return Vec::new();
    }
    let split = split_of(leaves.len());
    let (left, right) = leaves.split_at(split);
    let (mut path, sibling) = if index < split {
        (merkle_path(hash, left, index), right)
    } else {
        (merkle_path(hash, right, index - split), left)
    };
    path.push(root_of(hash, sibling));
    path
}

fn root_of(hash: HashName, leaves: &[Digest]) -> Digest {
    let mut tree = MerkleRoot::new(hash);
    for leaf in leaves {
        tree.push(*leaf);
    }
    tree.root()
}

/// The largest power of two below `n`, for n > 1.
fn split_of(n: usize) -> usize {
    1 << (usize::BITS - 1 - (n - 1).leading_zeros())
}

/// The root that a leaf and its audit path make in a tree of `n_leaves`; none where the path has another length than
/// such a tree gives (RFC 9162 §2.1.3.2).
#[must_use]
pub fn root_from_path(
    hash: HashName,
    leaf: Digest,
    index: u64,
    n_leaves: u64,
    path: &[Digest],
) -> Option<Digest> {
    if index >= n_leaves {
        return None;
    }
    let (mut at, mut last, mut node) = (index, n_leaves - 1, leaf);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if at % 2 == 1 || at == last {
            node = node_hash(hash, sibling, &node);
            while at % 2 == 0 && at != 0 {
                at /= 2;
                last /= 2;
            }
        } else {
            node = node_hash(hash, &node, sibling);
        }
        at /= 2;
        last /= 2;
    }
    (last == 0).then_some(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The recursive definition of RFC 6962, written down apart.
    fn defined(hash: HashName, leaves: &[Digest]) -> Digest {
        match leaves.len() {
            0 => hash.digest(&[]),
            1 => leaves[0],
            n => {
                let k = (0..63)
                    .map(|e| 1 << e)
                    .take_while(|&p| p < n)
                    .last()
                    .unwrap();
                node_hash(
                    hash,
                    &defined(hash, &leaves[..k]),
                    &defined(hash, &leaves[k..]),
                )
            }
        }
    }

    #[test]
    fn roots_and_paths_follow_the_definition_for_every_small_tree() {
        for hash in [HashName::Sha256, HashName::Sm3] {
            for n in 0..70_usize {
                let leaves: Vec<Digest> = (0..n)
                    .map(|i| leaf_hash(hash, &[&i.to_le_bytes()]))
                    .collect();
                let root = root_of(hash, &leaves);
                assert_eq!(root, defined(hash, &leaves));
                for (index, leaf) in leaves.iter().enumerate() {
                    let path = merkle_path(hash, &leaves, index);
                    let (at, all) = (index as u64, n as u64);
                    assert_eq!(root_from_path(hash, *leaf, at, all, &path), Some(root));
                    let elsewhere = root_from_path(hash, *leaf, (at + 1) % all, all, &path);
                    assert!(n == 1 || elsewhere != Some(root));
                    assert_eq!(
                        root_from_path(hash, *leaf, at, all, &[&path[..], &[root]].concat()),
                        None
                    );
                }
            }
        }
    }

    #[test]
    fn the_tree_of_certificate_transparency_has_its_published_roots() {
        // RFC 6962 test data: leaves "", 00, 10
        let hash = HashName::Sha256;
        let mut tree = MerkleRoot::new(hash);
        assert!(tree.root().to_string().starts_with("e3b0c44298fc1c14"));
        for (data, root) in [
            (&[] as &[u8], "6e340b9cffb37a98"),
            (&[0], "fac54203e7cc696c"),
            (&[16], "aeb6bcfe274b70a1"),
        ] {
            tree.push(leaf_hash(hash, &[data]));
            assert!(tree.root().to_string().starts_with(root), "{}", tree.root());
        }
    }
}
