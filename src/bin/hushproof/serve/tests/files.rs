//! Which files are served.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};

use super::Site;

#[test]
fn nothing_outside_the_root_or_hidden_is_served() {
    let site = Site::new();
    for path in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/%2E%2E/secret.txt",
        "/.%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "//secret.txt",
        "/%00",
        "/assets/",
        "/models/",
        "/.git/config",
        "/%2egit/config",
        "/%2Egit/config",
        "/sub/.env",
        "/sub%2f.env",
        "/sub%2F%2eenv",
        "/%2fsub/%2e/.env",
        "/index.html/x",
    ] {
        let request = Request::builder().uri(path).body(Body::empty());
        let Ok(request) = request else { continue };
        let answer = site.send(request);
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert!(!answer.body.windows(6).any(|part| part == b"hidden" || part == b"outsid"), "{path}");
    }
    assert_eq!(site.get("/models/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd", &[]).status, StatusCode::NOT_FOUND);
    let post = Request::post("/index.html").body(Body::empty()).unwrap();
    assert_eq!(site.send(post).status, StatusCode::METHOD_NOT_ALLOWED);
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere_else() {
    let site = Site::new();
    let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, site.0.join("www").join(name)).unwrap();
    link("../secret.txt", "outside.txt");
    link("..", "up");
    link(".git", "git");
    link("sub/.env", "env");
    link("index.html", ".index");
    link("models/m.vk", "inside.vk");
    link("../../secret.txt", "models/m.hush.br");
    for path in ["/outside.txt", "/up/secret.txt", "/git/config", "/env", "/.index", "/models/m.hush.br"] {
        assert_eq!(site.get(path, &[]).status, StatusCode::NOT_FOUND, "{path}");
        let head = Request::head(path).body(Body::empty()).unwrap();
        assert_eq!(site.send(head).status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(site.get("/inside.vk", &[]).status, StatusCode::OK);
    let plain = site.get("/models/m.hush", &[("accept-encoding", "br")]);
    assert_eq!((plain.status, plain.header("etag").is_empty()), (StatusCode::OK, false));
    assert!(!plain.body.windows(6).any(|part| part == b"outsid"));
}

#[cfg(unix)]
#[test]
fn the_root_may_be_a_link() {
    let site = Site::new();
    std::fs::rename(site.0.join("www"), site.0.join(".version-1")).unwrap();
    std::os::unix::fs::symlink(".version-1", site.0.join("www")).unwrap();
    assert_eq!(site.get("/", &[]).status, StatusCode::OK);
    assert_eq!(site.get("/models/m.vk", &[]).status, StatusCode::OK);
}
