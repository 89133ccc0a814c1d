use proptest::prelude::*;

use super::*;

/// The definition of RFC 6962 section 2.1, word for word.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves.len() {
        0 => empty_root(),
        1 => leaves[0],
        n => {
            let k = usize::try_from(split(n as u64)).unwrap();
            node_hash(naive_root(&leaves[..k]), naive_root(&leaves[k..]))
        }
    }
}

/// PATH(m, D[n]) of RFC 6962 section 2.1.1.
fn naive_path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let k = usize::try_from(split(leaves.len() as u64)).unwrap();
    let (mut path, sibling) = if m < k {
        (naive_path(m, &leaves[..k]), naive_root(&leaves[k..]))
    } else {
        (naive_path(m - k, &leaves[k..]), naive_root(&leaves[..k]))
    };
    path.push(sibling);
    path
}

/// SUBPROOF(m, D[n], b) of RFC 6962 section 2.1.2.
fn naive_subproof(m: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if whole {
            Vec::new()
        } else {
            vec![naive_root(leaves)]
        };
    }
    let k = usize::try_from(split(leaves.len() as u64)).unwrap();
    let (mut proof, sibling) = if m <= k {
        (
            naive_subproof(m, &leaves[..k], whole),
            naive_root(&leaves[k..]),
        )
    } else {
        (
            naive_subproof(m - k, &leaves[k..], false),
            naive_root(&leaves[..k]),
        )
    };
    proof.push(sibling);
    proof
}

fn leaves(n: usize) -> Vec<Hash> {
    (0..n)
        .map(|i| leaf_hash(format!("entry {i}").as_bytes()))
        .collect()
}

/// Hashes of ranges out of the complete subtrees that a frontier reported, as the store keeps them.
fn hashes(leaves: &[Hash], ranges: Vec<Range<u64>>) -> Vec<Hash> {
    let mut nodes = std::collections::HashMap::new();
    let mut frontier = Frontier::default();
    for (i, leaf) in leaves.iter().enumerate() {
        nodes.insert((0, i as u64), *leaf);
        frontier.push(*leaf, |level, ix, hash| {
            nodes.insert((level, ix), hash);
        });
    }
    ranges
        .iter()
        .map(|range| {
            let peaks: Vec<Hash> = complete_subtrees(range)
                .iter()
                .map(|subtree| nodes[&(subtree.level, subtree.ix)])
                .collect();
            fold(&peaks).unwrap()
        })
        .collect()
}

/// The eight leaves and roots that the Certificate Transparency implementations test with.
#[test]
fn known_roots_of_certificate_transparency() {
    let inputs = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::default();
    assert_eq!(
        frontier.root().to_string(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    for (input, root) in inputs.iter().zip(roots) {
        frontier.push(leaf_hash(&hex::decode(input).unwrap()), |_, _, _| {});
        assert_eq!(
            frontier.root().to_string(),
            root,
            "{} leaves",
            frontier.size()
        );
    }
}

#[test]
fn every_proof_of_every_small_tree_equals_the_definition_and_verifies() {
    let all = leaves(70);
    for n in 0..=all.len() {
        let tree = &all[..n];
        let root = naive_root(tree);
        let size = n as u64;
        for m in 0..n {
            let path = hashes(&all, inclusion_ranges(m as u64, size));
            assert_eq!(path, naive_path(m, tree), "entry {m} of {n}");
            assert!(
                verify_inclusion(all[m], m as u64, size, &path, root),
                "{m} of {n}"
            );
        }
        for m in 1..=n {
            let path = hashes(&all, consistency_ranges(m as u64, size));
            assert_eq!(path, naive_subproof(m, tree, true), "{m} to {n}");
            let old = naive_root(&tree[..m]);
            assert!(
                verify_consistency(m as u64, size, old, root, &path),
                "{m} to {n}"
            );
        }
        assert!(verify_consistency(0, size, empty_root(), root, &[]));
    }
}

#[test]
fn stored_frontiers_must_fit_their_size() {
    let mut frontier = Frontier::default();
    for leaf in leaves(11) {
        frontier.push(leaf, |_, _, _| {});
    }
    let bytes = frontier.to_bytes();
    assert_eq!(bytes.len(), 3 * 32);
    assert_eq!(Frontier::from_bytes(11, &bytes), Some(frontier));
    assert_eq!(Frontier::from_bytes(12, &bytes), None);
    assert_eq!(Frontier::from_bytes(11, &bytes[..95]), None);
}

proptest! {
    #[test]
    fn larger_trees_too(n in 1usize..600, a in 0usize..600, b in 0usize..600) {
        let all = leaves(n);
        let (seq, from) = (a % n, 1 + b % n);
        let size = n as u64;
        let root = naive_root(&all);
        let path = hashes(&all, inclusion_ranges(seq as u64, size));
        prop_assert!(verify_inclusion(all[seq], seq as u64, size, &path, root));
        let proof = hashes(&all, consistency_ranges(from as u64, size));
        prop_assert!(verify_consistency(from as u64, size, naive_root(&all[..from]), root, &proof));
    }

    /// A proof is good for nothing else: not for another entry, size, root, order or length.
    #[test]
    fn forged_proofs_are_refused(n in 2usize..200, a in 0usize..200, other in 0usize..200, flip in 0usize..2560) {
        let all = leaves(n);
        let (seq, size) = (a % n, n as u64);
        let root = naive_root(&all);
        let path = hashes(&all, inclusion_ranges(seq as u64, size));
        let other = other % n;
        if other != seq {
            prop_assert!(!verify_inclusion(all[other], seq as u64, size, &path, root));
            prop_assert!(!verify_inclusion(all[seq], other as u64, size, &path, root));
        }
        prop_assert!(!verify_inclusion(all[seq], size, size, &path, root));
        prop_assert!(!verify_inclusion(all[seq], seq as u64, size, &path, all[seq]));
        prop_assert!(!verify_inclusion(all[seq], seq as u64, size, &path[1..], root));
        let mut longer = path.clone();
        longer.push(root);
        prop_assert!(!verify_inclusion(all[seq], seq as u64, size, &longer, root));
        let mut bent = path.clone();
        let bit = flip % (bent.len() * 256);
        bent[bit / 256].0[bit % 256 / 8] ^= 1 << (bit % 8);
        prop_assert!(!verify_inclusion(all[seq], seq as u64, size, &bent, root));

        let from = 1 + a % (n - 1);
        let old = naive_root(&all[..from]);
        let proof = hashes(&all, consistency_ranges(from as u64, size));
        prop_assert!(!verify_consistency(from as u64, size, root, root, &proof));
        prop_assert!(!verify_consistency(from as u64, size, old, old, &proof));
        prop_assert!(!verify_consistency(size, from as u64, root, old, &proof));
        let mut bent = proof.clone();
        let bit = flip % (bent.len() * 256);
        bent[bit / 256].0[bit % 256 / 8] ^= 1 << (bit % 8);
        prop_assert!(!verify_consistency(from as u64, size, old, root, &bent));
        prop_assert!(!verify_consistency(from as u64, size, old, root, &proof[1..]));
    }
}
