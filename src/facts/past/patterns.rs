//! Outcomes window by window: of millions of objects there are few different courses, and each is kept once.

use std::collections::HashMap;
use std::sync::Arc;

use super::object::TIMES;

/// Outcomes in the windows of [`TIMES`], where they are known.
pub(super) type Course = [Option<f64>; TIMES.len()];

/// The courses met so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Patterns {
    known: HashMap<[Option<u64>; TIMES.len()], Arc<[Option<f64>]>>,
}

impl Patterns {
    /// The one copy of a course.
    pub(super) fn of(&mut self, course: Course) -> Arc<[Option<f64>]> {
        let key = course.map(|value| value.map(f64::to_bits));
        let kept = self.known.entry(key).or_insert_with(|| Arc::new(course));
        Arc::clone(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_is_kept_once_and_nothing_differs_from_no_event() {
        let mut patterns = Patterns::default();
        let one = patterns.of([None, Some(0.0), Some(1.0), None]);
        let again = patterns.of([None, Some(0.0), Some(1.0), None]);
        assert!(Arc::ptr_eq(&one, &again));
        let other = patterns.of([None, None, Some(1.0), None]);
        assert_eq!(other[..], [None, None, Some(1.0), None]);
        assert_eq!(patterns.known.len(), 2);
    }
}
