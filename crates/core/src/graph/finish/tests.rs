use super::*;
use crate::error::ArtifactKind;

const fn part(function: FinishFunction, start: usize, len: usize) -> Finish {
    Finish { function, start, len }
}

#[test]
fn parts_read_back_and_others_are_refused() {
    use FinishFunction::{Sigmoid, Softmax};
    let bytes = |finish: Option<Finish>, values: usize| {
        let mut w = Writer::new(b"HUSHTEST", 1);
        Finish::write(finish, values, &mut w);
        w.finish()
    };
    let read = |bytes: &[u8], values: usize| {
        let mut r = Reader::open(ArtifactKind::Model, b"HUSHTEST", 1, bytes)?;
        let finish = Finish::read(&mut r, values)?;
        r.finish()?;
        Ok::<_, crate::Error>(finish)
    };
    for function in [Softmax, Sigmoid] {
        let all = part(function, 0, 3);
        for finish in [None, Some(all), Some(part(function, 1, 2)), Some(part(function, 0, 1))] {
            assert_eq!(read(&bytes(finish, 3), 3).unwrap(), finish);
        }
        assert!(read(&bytes(Some(part(function, 2, 2)), 3), 3).is_err());
        assert!(read(&bytes(Some(part(function, usize::MAX, 2)), 3), 3).is_err());
        assert!(read(&bytes(Some(part(function, 1, 0)), 3), 3).is_err());
        assert!(read(&bytes(Some(all), 4), 3).is_err());
    }
    let unknown = {
        let mut w = Writer::new(b"HUSHTEST", 1);
        w.u8(5);
        w.finish()
    };
    assert!(read(&unknown, 3).is_err());
}

#[test]
fn the_function_is_of_the_part_only() {
    let mut values = [7.0, 0.0, 0.0];
    part(FinishFunction::Softmax, 1, 2).apply(&mut values);
    assert_eq!(values, [7.0, 0.5, 0.5]);
    part(FinishFunction::Softmax, 2, 2).apply(&mut values);
    assert_eq!(values, [7.0, 0.5, 0.5]);
    let mut values = [7.0, 0.0, 0.0];
    part(FinishFunction::Sigmoid, 1, 1).apply(&mut values);
    assert_eq!(values, [7.0, 0.5, 0.0]);
}
