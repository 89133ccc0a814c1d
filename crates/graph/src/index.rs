//! Dense indices of accounts and payments, in order of first appearance.

use serde::{Deserialize, Serialize};

macro_rules! dense_index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub(crate) u32);

        impl $name {
            /// The number itself: 0 for the first.
            #[must_use]
            pub const fn get(self) -> u32 {
                self.0
            }

            /// The place in a column.
            pub(crate) const fn place(self) -> usize {
                self.0 as usize
            }
        }
    };
}

dense_index! {
    /// An account of one graph. Meaningless in another graph.
    AccountIx
}
dense_index! {
    /// A payment of one graph, numbered in order of insertion. Meaningless in another graph.
    PaymentIx
}
