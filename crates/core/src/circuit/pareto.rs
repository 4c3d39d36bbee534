//! Layouts worth trying: none of the others costs as little for as many bits.

/// A layout as far as the choice among layouts goes.
pub(super) trait Candidate {
    /// Predicted proving time.
    fn seconds(&self) -> f64;
    /// Bits of a code and of a remainder.
    fn bits(&self) -> (u32, u32);
    /// Bits of a function's argument that its table tells apart, as many for all layouts where there are no functions.
    fn function_bits(&self) -> u32;
    /// Advice and fixed columns.
    fn columns(&self) -> usize;
}

/// Times that differ by less than this factor count as equal; predictions are not more exact.
const SLACK: f64 = 1.05;

/// The candidates that no cheaper one matches in bits, cheapest first. Among those whose times count as equal one with
/// many bits stands for all that have fewer: many of both kinds, as the coarser of codes and weights decides the
/// accuracy.
pub(super) fn pareto_front<C: Candidate>(mut candidates: Vec<C>) -> Vec<C> {
    candidates.sort_by(|a, b| a.seconds().total_cmp(&b.seconds()));
    let mut pareto_front: Vec<C> = Vec::new();
    while let Some(first) = candidates.first() {
        let limit = SLACK * first.seconds();
        let near = candidates.iter().enumerate().take_while(|(_, candidate)| candidate.seconds() <= limit);
        let order = |candidate: &C| {
            let (value, remainder) = candidate.bits();
            let function = candidate.function_bits();
            (value.min(remainder), function, value + remainder, std::cmp::Reverse(candidate.columns()))
        };
        // The first one of equals, which is the fastest.
        let best = near.reduce(|best, next| if order(next.1) > order(best.1) { next } else { best });
        let Some(index) = best.map(|(index, _)| index) else { break };
        let best = candidates.remove(index);
        let ((value, remainder), function) = (best.bits(), best.function_bits());
        candidates.retain(|candidate| {
            candidate.bits().0 > value || candidate.bits().1 > remainder || candidate.function_bits() > function
        });
        pareto_front.push(best);
    }
    pareto_front
}

/// Of the candidates that are at most twice as slow as the fastest, the one with the fewest columns, then the most
/// bits.
pub(super) fn few_columns<C: Candidate>(candidates: Vec<C>) -> Vec<C> {
    let fastest = candidates.iter().map(C::seconds).fold(f64::INFINITY, f64::min);
    let near = candidates.into_iter().filter(|candidate| candidate.seconds() <= 2.0 * fastest);
    let best = near.min_by(|a, b| {
        let order = a.columns().cmp(&b.columns()).then(b.bits().cmp(&a.bits()));
        order.then(a.seconds().total_cmp(&b.seconds()))
    });
    best.into_iter().collect()
}

#[cfg(test)]
mod tests;
