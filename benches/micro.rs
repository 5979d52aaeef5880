//! The small steps every object goes through, one by one: ticket, key, number, id.

use choucha::draw::{Ticketer, pareto_key, unit_interval};
use choucha::units::{HashName, ObjectId, ObjectKey};
use divan::{Bencher, black_box};

const ID: &str = "91130433MA00000018";

fn main() {
    divan::main();
}

#[divan::bench]
fn ticket(bencher: Bencher) {
    let ticketer = Ticketer::new(HashName::Sha256, &[7; 32]);
    bencher.bench(|| ticketer.ticket(black_box(ID.as_bytes())));
}

#[divan::bench]
fn key(bencher: Bencher) {
    let ticket = Ticketer::new(HashName::Sha256, &[7; 32]).ticket(ID.as_bytes());
    bencher.bench(|| pareto_key(unit_interval(black_box(&ticket)), black_box(0.05)));
}

#[divan::bench]
fn object_key() -> ObjectKey {
    ObjectKey::of(black_box(ID))
}

#[divan::bench]
fn normalise_plain_id() -> ObjectId {
    ObjectId::normalise("uscc", black_box(ID)).expect("an id")
}

#[divan::bench]
fn normalise_full_width_id() -> ObjectId {
    ObjectId::normalise("uscc", black_box(" ９１１３０４３３ma０００００００１8 ")).expect("an id")
}
