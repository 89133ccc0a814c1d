//! The same work on many items, on as many threads as pay.

use std::sync::OnceLock;

/// Items below which a second thread costs more than it saves.
const ITEMS_A_THREAD_MIN: usize = 256;
/// Most threads for one batch.
const THREADS_MAX: usize = 8;

/// Cores of the machine, 1 at least. Asked once: the system reads files to answer.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// `work` on every item, in order. Uses threads of its own for long slices.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = cores()
        .min(THREADS_MAX)
        .min(items.len() / ITEMS_A_THREAD_MIN)
        .max(1);
    if threads == 1 {
        return items.iter().map(work).collect();
    }
    let work = &work;
    let share = items.len().div_ceil(threads);
    std::thread::scope(|scope| {
        let handles: Vec<_> = items
            .chunks(share)
            .map(|chunk| scope.spawn(move || chunk.iter().map(work).collect::<Vec<R>>()))
            .collect();
        let mut all = Vec::with_capacity(items.len());
        for handle in handles {
            match handle.join() {
                Ok(part) => all.extend(part),
                Err(cause) => std::panic::resume_unwind(cause),
            }
        }
        all
    })
}

/// `work` on every item, each on a thread of its own, the last on this one; answers in order.
pub(crate) fn each<T: Send, R: Send>(items: &mut [T], work: impl Fn(&mut T) -> R + Sync) -> Vec<R> {
    let Some((last, others)) = items.split_last_mut() else {
        return Vec::new();
    };
    let work = &work;
    std::thread::scope(|scope| {
        let handles: Vec<_> = others
            .iter_mut()
            .map(|item| scope.spawn(move || work(item)))
            .collect();
        let last = work(last);
        let mut all = Vec::with_capacity(handles.len() + 1);
        for handle in handles {
            match handle.join() {
                Ok(answer) => all.push(answer),
                Err(cause) => std::panic::resume_unwind(cause),
            }
        }
        all.push(last);
        all
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn order_is_kept() {
        for len in [0, 1, 255, 512, 5_000] {
            let items: Vec<usize> = (0..len).collect();
            assert_eq!(
                super::map(&items, |item| item + 1),
                (1..=len).collect::<Vec<_>>()
            );
        }
    }
}
