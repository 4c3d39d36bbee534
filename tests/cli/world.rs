//! Runs the program, and compiles the bundled models once for all tests.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use serde_json::Value;

/// The program with some arguments.
pub(crate) struct Invocation(Command);

/// What came of it.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A model's files.
#[derive(Clone)]
pub(crate) struct Files {
    pub(crate) hush: String,
    pub(crate) vk: String,
}

/// Files that all tests share.
pub(crate) struct World {
    folder: PathBuf,
    pub(crate) srs: String,
}

pub(crate) fn hushproof(arguments: &[&str]) -> Invocation {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hushproof"));
    command.args(arguments);
    Invocation(command)
}

/// A script of `examples/` that runs the program.
#[cfg(unix)]
pub(crate) fn example(script: &str, arguments: &[&str]) -> Invocation {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(script);
    let mut command = Command::new(&script);
    // From its own folder, as its README has it.
    command.current_dir(script.parent().unwrap()).args(arguments).env("HUSHPROOF", env!("CARGO_BIN_EXE_hushproof"));
    Invocation(command)
}

impl Invocation {
    pub(crate) fn args(mut self, arguments: &[&str]) -> Self {
        self.0.args(arguments);
        self
    }

    pub(crate) fn run(mut self) -> Run {
        let output = self.0.output().unwrap();
        Run {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn ok(self) -> Run {
        self.run().ok_status()
    }
}

impl Run {
    pub(crate) fn ok_status(self) -> Self {
        assert_eq!(self.status, 0, "{}", self.stderr);
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }

    /// Asserts exit status 2 without an error of the program's own.
    pub(crate) fn refused_usage(self) {
        assert_eq!(self.status, 2, "{}", self.stderr);
        assert!(self.stderr.contains("Usage:"), "{}", self.stderr);
    }

    /// Asserts exit status 2 and the stable code of the error.
    pub(crate) fn refused(self, code: &str) -> Self {
        assert_eq!(self.status, 2, "{}", self.stderr);
        assert!(self.stderr.contains(&format!("error[{code}]")), "expected {code}: {}", self.stderr);
        self
    }
}

/// A file of `models/`.
pub(crate) fn models(name: &str) -> String {
    format!("{}/models/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// An empty folder of this name.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &str) -> T {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A small model's reference inputs as a calibration file.
pub(crate) fn small_calibration(folder: &Path, name: &str) -> String {
    let vectors: Value = read_json(&models(&format!("small/{name}.json")));
    let path = folder.join(format!("{name}.calibration.json"));
    std::fs::write(&path, vectors["inputs"].to_string()).unwrap();
    path.display().to_string()
}

pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let folder = scratch("world");
        let srs = folder.join("development.srs").display().to_string();
        hushproof(&["srs", "new", "-k", "9", "-o", &srs]).ok();
        let world = World { srs, folder };
        for name in ["breast_cancer_logreg", "breast_cancer_mlp"] {
            world.compile(&world.folder, name, &[]);
        }
        world
    })
}

impl World {
    /// The files of a bundled model, compiled with the defaults.
    pub(crate) fn model(&self, name: &str) -> Files {
        let path = |extension: &str| self.folder.join(format!("{name}.{extension}")).display().to_string();
        Files { hush: path("hush"), vk: path("vk") }
    }

    pub(crate) fn compile(&self, folder: &Path, name: &str, options: &[&str]) -> Files {
        let path = |extension: &str| folder.join(format!("{name}.{extension}")).display().to_string();
        let files = Files { hush: path("hush"), vk: path("vk") };
        hushproof(&["compile", &models(&format!("{name}.onnx")), "-o", &files.hush, "--srs", &self.srs])
            .args(&["--calibration", &models("breast_cancer_calibration.json")])
            .args(options)
            .ok();
        files
    }

    pub(crate) fn prove(&self, model: &Files, input: &Path, proof: &Path, context: &str) -> Run {
        let (input, proof) = (input.display().to_string(), proof.display().to_string());
        hushproof(&["prove", &model.hush, "--input", &input, "--srs", &self.srs, "-o", &proof])
            .args(&Self::context(context))
            .args(&["--json"])
            .run()
    }

    /// `""` stands for none.
    fn context(context: &str) -> Vec<&str> {
        if context.is_empty() { vec!["--no-context"] } else { vec!["--context", context] }
    }

    pub(crate) fn verify(&self, model: &Files, proof: &Path, context: &str) -> Run {
        hushproof(&["verify", &model.vk, &proof.display().to_string()]).args(&Self::context(context)).run()
    }
}
