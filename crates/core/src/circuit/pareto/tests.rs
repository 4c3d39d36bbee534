use super::*;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Layout(f64, (u32, u32), usize);

impl Candidate for Layout {
    fn seconds(&self) -> f64 {
        self.0
    }

    fn bits(&self) -> (u32, u32) {
        self.1
    }

    fn function_bits(&self) -> u32 {
        0
    }

    fn columns(&self) -> usize {
        self.2
    }
}

#[test]
fn what_costs_more_has_more_bits() {
    let layouts = vec![
        Layout(4.0, (16, 16), 9),
        Layout(1.0, (8, 8), 9),
        Layout(1.04, (10, 10), 9),
        Layout(1.045, (10, 10), 8),
        Layout(1.049, (6, 20), 8),
        Layout(2.0, (9, 9), 9),
        Layout(3.0, (12, 8), 9),
    ];
    let expected =
        [Layout(1.045, (10, 10), 8), Layout(1.049, (6, 20), 8), Layout(3.0, (12, 8), 9), Layout(4.0, (16, 16), 9)];
    assert_eq!(pareto_front(layouts), expected);
    assert_eq!(pareto_front(Vec::<Layout>::new()), []);
}
