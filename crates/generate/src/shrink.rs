//! Makes a case smaller that shows something.

/// The smallest list of decisions found for which `shows` is still true, asking it at most `patience` times.
///
/// Decisions are taken out in blocks, and then made plainer one by one, until nothing gets smaller.
pub fn shrink(choices: Vec<u32>, patience: usize, mut shows: impl FnMut(&[u32]) -> bool) -> Vec<u32> {
    let mut best = choices;
    let mut asked = 0;
    let mut is_smaller = |candidate: &[u32], asked: &mut usize| {
        *asked += 1;
        *asked <= patience && shows(candidate)
    };
    loop {
        let before = best.clone();
        let mut block = (best.len() / 2).max(1);
        while block > 0 && asked < patience {
            remove_blocks(&mut best, block, &mut |candidate| is_smaller(candidate, &mut asked));
            block /= 2;
        }
        lower(&mut best, &mut |candidate| is_smaller(candidate, &mut asked));
        if best == before || asked >= patience {
            return best;
        }
    }
}

fn remove_blocks(best: &mut Vec<u32>, block: usize, is_good: &mut dyn FnMut(&[u32]) -> bool) {
    let mut end = best.len();
    while end > 0 {
        let start = end.saturating_sub(block);
        let mut candidate = best.clone();
        candidate.drain(start..end.min(candidate.len()));
        if is_good(&candidate) {
            *best = candidate;
        }
        end = start;
    }
}

fn lower(best: &mut Vec<u32>, is_good: &mut dyn FnMut(&[u32]) -> bool) {
    for at in (0..best.len()).rev() {
        let Some(value) = best.get(at).copied() else { continue };
        for smaller in [0, value / 2, value.saturating_sub(1)] {
            let mut candidate = best.clone();
            match candidate.get_mut(at) {
                Some(place) if smaller < *place => *place = smaller,
                _ => continue,
            }
            if is_good(&candidate) {
                *best = candidate;
                break;
            }
        }
    }
    while best.last() == Some(&0) {
        best.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_goes() {
        let found = shrink(vec![9, 1, 7, 3, 8, 2, 40, 5], 1_000, |choices| {
            choices.contains(&7) && choices.iter().any(|choice| *choice > 20)
        });
        assert_eq!(found, [7, 21]);
    }
}
