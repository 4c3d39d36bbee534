use super::*;

#[test]
fn the_list_is_read_as_it_is_written() {
    let mut list = List::default();
    let mut add = |name: &str, operator: &str, verdict| list.0.insert(name.into(), (operator.into(), verdict));
    add("test_abs", "Abs", Verdict::Pass { constant: vec![] });
    add("test_clip", "Clip", Verdict::Pass { constant: vec!["min".into(), "max".into()] });
    add("test_range", "-", Verdict::Constant);
    add("test_if", "If", Verdict::Unsupported { reason: "no If".into() });
    add("test_mod", "Mod", Verdict::Differs { reason: "wraps around".into() });
    assert_eq!(List::parse(&list.to_string()).unwrap(), list);
    for bad in ["test_abs Abs", "test_abs Abs good", "test_abs Abs pass with x", "test_abs Abs differs"] {
        assert!(List::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_failure_is_as_listed_only_where_it_is_explained() {
    let pass = |names: &[&str]| Verdict::Pass { constant: names.iter().map(|name| (*name).to_owned()).collect() };
    let (failed, differs) = ("gives 1", "wraps around");
    let (failed, differs) = (Verdict::Failed { reason: failed.into() }, Verdict::Differs { reason: differs.into() });
    assert!(failed.is(&differs));
    assert!(!failed.is(&pass(&[])));
    assert!(!pass(&[]).is(&differs));
    assert!(!pass(&["axes"]).is(&pass(&[])));
}
