//! Partitions side by side, never more at a time than there are threads.

use rayon::prelude::*;

/// Calls `one` for 0 to n - 1, as many at a time as there are threads, and hands each wave's results on in order, with
/// the number done so far. Work that itself waits for threads must not be started all at once: a waiting thread would
/// begin the next partition on top of the one it has, and memory would hold them all.
///
/// # Errors
/// The first error of the first wave that has one.
pub fn in_waves<T: Send, E: Send>(
    n: usize,
    one: impl Fn(usize) -> Result<T, E> + Sync,
    mut finished: impl FnMut(Vec<T>, u64),
) -> Result<(), E> {
    for first in (0..n).step_by(rayon::current_num_threads()) {
        let until = n.min(first + rayon::current_num_threads());
        let wave = (first..until).into_par_iter().map(&one);
        finished(wave.collect::<Result<Vec<T>, E>>()?, until as u64);
    }
    Ok(())
}

/// The results of [`in_waves`], all of them in order.
///
/// # Errors
/// As there.
pub fn collect_waves<T: Send, E: Send>(
    n: usize,
    one: impl Fn(usize) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let mut all = Vec::with_capacity(n);
    in_waves(n, one, |wave, _| all.extend(wave))?;
    Ok(all)
}
