//! Labels of past draws as numbers: those of parts add up, and the order of parts leaves no trace.

use std::collections::HashMap;

/// Texts by their first appearance.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    of: HashMap<String, u32>,
    pub(super) texts: Vec<String>,
}

impl Words {
    pub(super) fn place(&mut self, text: &str) -> u32 {
        if let Some(&place) = self.of.get(text) {
            return place;
        }
        let place = u32::try_from(self.texts.len()).expect("labels of past draws are few");
        self.texts.push(text.to_owned());
        self.of.insert(text.to_owned(), place);
        place
    }

    /// Takes another part's texts in; returns where they stand here.
    pub(super) fn absorb(&mut self, other: &Self) -> Vec<u32> {
        other.texts.iter().map(|text| self.place(text)).collect()
    }

    /// The texts in their own order, and where each stands in it.
    pub(super) fn sorted(&self) -> (Vec<String>, Vec<u32>) {
        let mut order: Vec<usize> = (0..self.texts.len()).collect();
        order.sort_unstable_by_key(|&at| &self.texts[at]);
        let mut places = vec![0; order.len()];
        for (&at, place) in order.iter().zip(0..) {
            places[at] = place;
        }
        let texts = order.into_iter().map(|at| self.texts[at].clone());
        (texts.collect(), places)
    }
}
