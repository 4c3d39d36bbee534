//! What is read and written: links, pipes, devices, permissions, and what is left of failures.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::world::{self, Run, hushproof, models, scratch, world};

/// Runs a script of sh, in which `$0` is the program and `$1`, `$2`, … are the arguments.
fn sh(script: &str, arguments: &[&str]) -> Run {
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_hushproof")]).args(arguments);
    let output = command.output().unwrap();
    Run {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Writes a row of a data set, which takes no time.
fn input(output: &str) -> world::Invocation {
    let model = world().model("breast_cancer_logreg");
    hushproof(&["input", &model.hush, "--data", &models("breast_cancer_test.json"), "-o", output])
}

fn new_srs(output: &str) -> world::Invocation {
    hushproof(&["srs", "new", "-k", "4", "-o", output])
}

#[test]
fn links_are_followed_and_stay() {
    let folder = scratch("files-links");
    let (real, link, dangling) = (folder.join("real"), folder.join("link"), folder.join("dangling"));
    fs::create_dir(folder.join("sub")).unwrap();
    fs::write(&real, "before").unwrap();
    symlink("real", &link).unwrap();
    symlink("sub/new", &dangling).unwrap();
    for path in [&link, &dangling] {
        new_srs(&text(path)).ok();
        assert!(path.is_symlink(), "{}", path.display());
    }
    assert!(fs::read(&real).unwrap().starts_with(b"HUSHSRS\0"));
    assert!(fs::read(folder.join("sub/new")).unwrap().starts_with(b"HUSHSRS\0"));
    assert_eq!(names(&folder), ["dangling", "link", "real", "sub"]);
    symlink("loop", folder.join("loop")).unwrap();
    new_srs(&text(&folder.join("loop"))).run().refused("io");
}

#[test]
fn devices_and_pipes_are_written_through() {
    let folder = scratch("files-through");
    new_srs("/dev/null").ok();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
    let (pipe, copy) = (text(&folder.join("pipe")), text(&folder.join("copy")));
    let script = r#"mkfifo "$1" && { cat "$1" > "$2" & } && "$0" srs new -k 4 -o "$1" && wait"#;
    assert_eq!(sh(script, &[&pipe, &copy]).status, 0);
    hushproof(&["srs", "check", &copy]).ok();
    assert!(!fs::metadata(&pipe).unwrap().is_file(), "the pipe stays one");
    new_srs("/dev/full").run().refused("io");
    new_srs(&text(&folder)).run().refused("option");
    new_srs(&format!("{}/new/", folder.display())).run().refused("option");
}

#[test]
fn a_file_on_standard_output_is_alone() {
    let folder = scratch("files-stdout");
    let copy = folder.join("copy");
    for output in ["-", "/dev/stdout"] {
        for report in ["", "--json"] {
            let run = sh(r#""$0" srs new -k 4 -o "$1" $3 > "$2""#, &[output, &text(&copy), report]);
            assert_eq!(run.status, 0, "{}", run.stderr);
            assert!(run.stderr.contains("fingerprint"), "the report: {}", run.stderr);
            hushproof(&["srs", "check", &text(&copy)]).ok();
            let run = sh(r#""$0" srs new -k 4 -o "$1" $2 | "$0" srs check -"#, &[output, report]);
            assert_eq!(run.status, 0, "{output}: {}", run.stderr);
        }
    }
    let run = input("-").ok();
    let values: Value = run.json();
    assert_eq!(values["record"].as_array().map(Vec::len), Some(30));
    let onnx = models("breast_cancer_logreg.onnx");
    let compile = || hushproof(&["compile", &onnx, "-o", "-"]);
    compile().args(&["--srs", &world().srs]).run().refused("option");
    compile().args(&["--report", "-"]).run().refused("option");
}

#[test]
fn an_output_that_is_an_input_is_refused() {
    let folder = scratch("files-same");
    let srs = folder.join("s.srs");
    new_srs(&text(&srs)).ok();
    let before = fs::read(&srs).unwrap();
    let (link, hard) = (folder.join("link"), folder.join("hard"));
    symlink("s.srs", &link).unwrap();
    fs::hard_link(&srs, &hard).unwrap();
    let indirect = format!("{}/../files-same/s.srs", folder.display());
    for output in [text(&srs), text(&link), text(&hard), indirect] {
        hushproof(&["srs", "import", &text(&srs), "-o", &output]).run().refused("option");
    }
    let run = sh(r#""$0" srs import - -o "$1" < "$1""#, &[&text(&srs)]);
    run.refused("option");
    assert_eq!(fs::read(&srs).unwrap(), before);

    let (model, record) = (world().model("breast_cancer_logreg"), models("breast_cancer_record.json"));
    let files = [&model.hush, &model.vk, &record, &world().srs];
    let before = files.map(|path| fs::read(path).unwrap());
    for output in files {
        hushproof(&["prove", &model.hush, "--input", &record, "--srs", &world().srs, "--vk", &model.vk, "-o", output])
            .run()
            .refused("option");
    }
    let data = models("breast_cancer_test.json");
    hushproof(&["input", &model.hush, "--data", &data, "-o", &data]).run().refused("option");
    hushproof(&["keys", &model.vk, "--srs", &world().srs]).run().refused("option");
    assert_eq!(files.map(|path| fs::read(path).unwrap()), before);
}

#[test]
fn outputs_of_one_file_are_refused() {
    let folder = scratch("files-outputs");
    let path = |name: &str| text(&folder.join(name));
    let onnx = models("breast_cancer_logreg.onnx");
    let compile = |output: &str| hushproof(&["compile", &onnx, "-o", output]);
    compile(&path("m.vk")).args(&["--srs", &world().srs]).run().refused("option");
    compile(&path("m.hush")).args(&["--report", &path("./m.hush")]).run().refused("option");
    compile(&path("m.hush")).args(&["--report", &path("m.vk"), "--srs", &world().srs]).run().refused("option");
    compile("/dev/null").args(&["--srs", &world().srs]).run().refused("option");
    assert!(names(&folder).is_empty());
}

#[test]
fn secrets_are_their_owners_alone() {
    let folder = scratch("files-secrets");
    let written = folder.join("record.json");
    input(&text(&written)).ok();
    assert_eq!(mode(&written), 0o600);
    for (before, after) in [(0o644, 0o600), (0o400, 0o400), (0o600, 0o600)] {
        set_mode(&written, before);
        input(&text(&written)).ok();
        assert_eq!(mode(&written), after, "{before:o}");
    }
    let hush = folder.join("m.hush");
    let onnx = models("breast_cancer_mlp.onnx");
    let calibration = models("breast_cancer_calibration.json");
    let compile = |weights: &str| {
        hushproof(&["compile", &onnx, "-o", &text(&hush), "--calibration", &calibration, "--weights", weights]).ok();
        mode(&hush)
    };
    assert_eq!(compile("private"), 0o600);
    assert_eq!(compile("public"), 0o600, "a file keeps its mode");
    set_mode(&hush, 0o664);
    assert_eq!(compile("public"), 0o664);
    assert_eq!(compile("private"), 0o600);
    let srs = folder.join("s.srs");
    let run = sh(r#"umask 027 && "$0" srs new -k 4 -o "$1""#, &[&text(&srs)]);
    assert_eq!((run.status, mode(&srs)), (0, 0o640), "the system's default");
}

#[test]
fn reading_is_bounded() {
    let folder = scratch("files-bounds");
    for path in ["/dev/zero", "/dev/urandom"] {
        hushproof(&["inspect", path]).run().refused("artifact");
        hushproof(&["srs", "import", path, "-o", "/dev/null"]).run().refused("io");
    }
    assert_eq!(sh(r#"cat /dev/zero | "$0" inspect -"#, &[]).status, 2);
    hushproof(&["inspect", &text(&folder)]).run().refused("io");
    let huge = folder.join("huge");
    fs::File::create(&huge).unwrap().set_len(1 << 40).unwrap();
    hushproof(&["inspect", &text(&huge)]).run().refused("io");
    let pipe = text(&folder.join("pipe"));
    let start = Instant::now();
    sh(r#"mkfifo "$1" && "$0" inspect "$1""#, &[&pipe]).refused("io");
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn pipes_are_read() {
    let folder = scratch("files-pipes");
    let (model, record) = (world().model("breast_cancer_logreg"), models("breast_cancer_record.json"));
    for path in ["-", "/dev/stdin"] {
        let run = sh(r#"cat "$1" | "$0" inspect "$2" --json"#, &[&model.hush, path]);
        assert_eq!(run.ok_status().json()["model"], "breast_cancer_logreg");
    }
    let (pipe, proof) = (text(&folder.join("pipe")), folder.join("proof.json"));
    let script = r#"mkfifo "$1" && { cat "$2" > "$1" & } && cat "$3" | "$0" prove "$1" --input - --srs "$4" -o "$5""#;
    sh(script, &[&pipe, &model.hush, &record, &world().srs, &text(&proof)]).ok_status();
    world().verify(&model, &proof, "").ok_status();
    hushproof(&["verify", "-", "-", "--no-context"]).run().refused("option");
}

#[test]
fn failures_are_objects_too() {
    let folder = scratch("files-failures");
    let object = |run: Run| {
        let object = run.json();
        assert!(object["error"].as_str().is_some_and(|message| run.stderr.contains(message)), "{object}");
        (run.status, object["code"].as_str().unwrap().to_owned())
    };
    let missing = text(&folder.join("missing"));
    assert_eq!(object(hushproof(&["inspect", &missing, "--json"]).run()), (2, "io".to_owned()));
    assert_eq!(object(hushproof(&["srs", "check", &missing, "--json"]).run()), (2, "io".to_owned()));
    assert_eq!(object(hushproof(&["prove", "--json"]).run()), (2, "usage".to_owned()));
    assert_eq!(object(hushproof(&["inspect", "--json", "--no-such-option"]).run()), (2, "usage".to_owned()));
    assert_eq!(object(hushproof(&["no-such-command", "--json"]).run()), (2, "usage".to_owned()));
    assert_eq!(object(hushproof(&["verify", &missing, &missing, "--json"]).run()), (2, "option".to_owned()));

    let (model, proof) = (world().model("breast_cancer_logreg"), folder.join("proof.json"));
    world().prove(&model, models("breast_cancer_record.json").as_ref(), &proof, "01").ok_status();
    let verify = ["verify", &model.vk, &text(&proof), "--context", "02", "--json"];
    let rejected = hushproof(&verify).run();
    assert_eq!(rejected.json()["verified"], false);
    assert_eq!(rejected.json()["reason"], rejected.json()["error"]);
    assert_eq!(object(rejected), (1, "rejected".to_owned()));
    assert_eq!(sh(r#""$0" "$@" > /dev/full"#, &verify).status, 2, "what was to be printed is not");
}

#[test]
fn readers_may_go_away() {
    let model = world().model("breast_cancer_logreg");
    // The reader is gone before anything is written.
    let gone = |command: &str, status: i32| {
        let script = format!(r#"{{ sleep 0.2; "$0" {command} 2> "$2"; echo $? >&2; }} | true"#);
        let errors = text(&scratch("files-gone").join("errors"));
        let run = sh(&script, &[&model.hush, &errors]);
        assert_eq!(run.stderr.trim(), status.to_string(), "{command}");
        let errors = fs::read_to_string(errors).unwrap();
        assert!(!errors.contains("panicked") && !errors.contains("ipe"), "{command}: {errors}");
    };
    gone(r#"inspect "$1""#, 0);
    gone(r#"inspect "$1" --json"#, 0);
    gone("srs new -k 4 -o -", 0);
    gone("--help", 0);
    gone("inspect --json", 2);
    let status = text(&scratch("files-gone-errors").join("status"));
    let run = sh(r#"{ sleep 0.2; "$0" srs new -k 4 -o /dev/null 2>&1; echo $? > "$1"; } | true; cat "$1""#, &[&status]);
    assert_eq!(run.stdout.trim(), "0", "notes that nobody reads: {}", run.stderr);
}

#[test]
fn failed_writes_leave_nothing() {
    let folder = scratch("files-failed");
    let srs = folder.join("s.srs");
    new_srs(&text(&srs)).ok();
    let (before, inode) = (fs::read(&srs).unwrap(), fs::metadata(&srs).unwrap().ino());
    // The largest file is one block, and the signal that says so is ignored: writing fails as on a full disk.
    let run = sh(r#"trap '' XFSZ; ulimit -f 1; exec "$0" srs new -k 8 -o "$1""#, &[&text(&srs)]);
    run.refused("io");
    assert_eq!((fs::read(&srs).unwrap(), fs::metadata(&srs).unwrap().ino()), (before, inode));
    assert_eq!(names(&folder), ["s.srs"]);
    new_srs(&text(&folder.join("no-such-folder/s.srs"))).run().refused("io");
    new_srs("/proc/s.srs").run().refused("io");
    // A file of a program that was ended, whose number is given again, is in nobody's way.
    let run = sh(r#"echo old > "$1/.hushproof-$$-0.tmp"; exec "$0" srs new -k 4 -o "$1/new""#, &[&text(&folder)]);
    run.ok_status();
    assert_eq!(names(&folder).iter().filter(|name| name.ends_with(".tmp")).count(), 1);
}
