//! The one installation that works on a record in PostgreSQL: a row with a lease, renewed while its process lives.
//!
//! The record itself bears several writers: numbers, jobs and keys are given out under row locks. What does not bear
//! them lies in an installation's folder: the payments that plans are made from and the keys that sign. So a second
//! installation is refused while the first lives, and takes over once its lease has run out. A process that was
//! stopped for so long and goes on afterwards finds its epoch outdated at the beginning of its next transaction.
//!
//! Lease times are those of the database's clock, which all installations share.

use std::sync::Arc;
use std::time::Duration as StdDuration;

use crate::db::{Connection, Sql, args};
use crate::error::StoreError;
use crate::store::Store;

/// How long a writer that is not heard of keeps others out.
const LEASE_US: i64 = 30_000_000;
/// Between renewals: five may fail before the lease runs out.
const RENEWED_EVERY: StdDuration = StdDuration::from_secs(5);

/// The database's clock, microseconds since 1970 UTC.
macro_rules! now_us {
    () => {
        "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT"
    };
}
/// The installation that had it last takes it back at once: whoever starts it holds its folder's lock, so that the
/// process before is dead.
const CLAIM: Sql = Sql(
    "writer.claim",
    concat!(
        "INSERT INTO writers (org_id, epoch, instance, told, lease_until) VALUES ($1, 1, $2, $3, ",
        now_us!(),
        " + $4)
         ON CONFLICT (org_id) DO UPDATE SET epoch = writers.epoch + 1, instance = excluded.instance,
           told = excluded.told, lease_until = excluded.lease_until
         WHERE writers.instance = excluded.instance OR writers.lease_until <= ",
        now_us!(),
        " RETURNING epoch"
    ),
);
const HOLDER: Sql = Sql(
    "writer.holder",
    concat!(
        "SELECT told, lease_until - ",
        now_us!(),
        " FROM writers WHERE org_id = $1"
    ),
);
const FENCE: Sql = Sql(
    "writer.fence",
    "SELECT epoch FROM writers WHERE org_id = $1 AND epoch = $2",
);
const RENEW: Sql = Sql(
    "writer.renew",
    concat!(
        "UPDATE writers SET lease_until = ",
        now_us!(),
        " + $3 WHERE org_id = $1 AND epoch = $2"
    ),
);
const RELEASE: Sql = Sql(
    "writer.release",
    "UPDATE writers SET lease_until = 0 WHERE org_id = $1 AND epoch = $2",
);

/// An installation: one folder of state, in which one process works at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its name, of which there is only one in the world; the worker of the jobs it claims.
    pub name: String,
    /// Process, machine and folder, for whoever is refused because of it.
    pub told: String,
}

/// Claims the record for `instance` and gives the epoch.
pub(crate) async fn claim(
    connection: &mut Connection,
    org: &str,
    instance: &Instance,
) -> Result<i64, StoreError> {
    let claimed = connection
        .optional(CLAIM, args![org, &instance.name, &instance.told, LEASE_US])
        .await?;
    if let Some(row) = claimed {
        return row.int(0);
    }
    let holder = connection.optional(HOLDER, args![org]).await?;
    let (by, left_us) = match holder {
        Some(row) => (row.text(0)?, row.int(1)?),
        None => ("another process".to_owned(), 0),
    };
    Err(StoreError::InUse {
        by,
        secs: left_us.max(0) / 1_000_000 + 1,
    })
}

/// Refuses if another installation took over since `epoch`.
pub(crate) async fn check(
    connection: &mut Connection,
    org: &str,
    epoch: i64,
) -> Result<(), StoreError> {
    match connection.optional(FENCE, args![org, epoch]).await? {
        Some(_) => Ok(()),
        None => Err(StoreError::WriterLost),
    }
}

impl Store {
    /// Done when another installation took the record over, which happens only after this process was stopped or cut
    /// off from the database for half a minute. Nothing can be written any more then. Never done in the embedded form.
    pub async fn writer_lost(&self) {
        let mut lost = self.lost().subscribe();
        if lost.wait_for(|lost| *lost).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Renews the lease in the background for as long as the store is open somewhere.
    pub(crate) fn keep_writing(&self, epoch: i64) {
        let kept = Arc::downgrade(self.inner());
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(RENEWED_EVERY).await;
                let Some(store) = Self::upgrade(&kept).filter(|store| !store.is_closed()) else {
                    return;
                };
                match store
                    .move_lease(RENEW, args![store.org_text(), epoch, LEASE_US])
                    .await
                {
                    Ok(0) => {
                        tracing::error!("another installation took the record over");
                        store.lost().send_replace(true);
                        return;
                    }
                    Ok(_) => {}
                    Err(error) => {
                        let cause: &dyn std::error::Error = &error;
                        tracing::warn!(cause, "the lease of the record was not renewed");
                    }
                }
            }
        });
    }

    /// Lets others in at once.
    pub(crate) async fn stop_writing(&self, epoch: i64) -> Result<(), StoreError> {
        self.move_lease(RELEASE, args![self.org_text(), epoch])
            .await
            .map(drop)
    }
}
