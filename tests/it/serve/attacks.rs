//! Requests of other sites and of other programs of the machine.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::client::Server;
use super::{start, tracker};

const HOSTILE: &str = "</textarea></script><img src=x onerror=alert(1)>'\\\"&\\u202e{{7*7}}";

fn head(server: &Server) -> (String, String) {
    (format!("127.0.0.1:{}", server.port), format!("poam-{}={}", server.port, server.token))
}

#[test]
fn other_hosts_sites_and_strangers_get_nothing() {
    let repo = tracker();
    let server = start(&repo, &[]);
    let (host, cookie) = head(&server);
    let rebound = format!("evil.example:{}", server.port);
    let absolute = format!("http://{rebound}/api/v1/items");
    let own = format!("http://{host}");
    let body = b"{\"status\":\"in-progress\"}";
    let call = "/poam/V-1/update-status";
    let cookie_of = |token: &str| format!("poam-{}={token}", server.port);
    let (almost, short) =
        (cookie_of(&format!("{}x", &server.token[1..])), cookie_of(&server.token[..63]));
    let requests: &[(&str, &str, &[(&str, &str)])] = &[
        // DNS rebinding: the page of another name.
        ("GET", "/api/v1/items", &[("Host", &rebound), ("Cookie", &cookie)]),
        ("GET", "/?token=", &[("Host", &rebound)]),
        ("POST", call, &[("Host", "localhost"), ("Cookie", &cookie)]),
        ("GET", "/api/v1/items", &[("Host", &host), ("Host", &rebound), ("Cookie", &cookie)]),
        ("GET", &absolute, &[("Host", &host), ("Cookie", &cookie)]),
        // Another site with the cookie of this one.
        ("POST", call, &[("Host", &host), ("Cookie", &cookie), ("Origin", "https://evil.example")]),
        ("POST", call, &[("Host", &host), ("Cookie", &cookie), ("Origin", "null")]),
        ("POST", call, &[("Host", &host), ("Cookie", &cookie), ("Origin", "http://127.0.0.1:1")]),
        ("POST", call, &[("Host", &host), ("Cookie", &cookie), ("Sec-Fetch-Site", "cross-site")]),
        ("POST", call, &[("Host", &host), ("Cookie", &cookie), ("Sec-Fetch-Site", "same-site")]),
        (
            "GET",
            "/api/v1/items",
            &[("Host", &host), ("Cookie", &cookie), ("Sec-Fetch-Site", "cross-site")],
        ),
        (
            "GET",
            "/api/v1/items",
            &[("Host", &host), ("Cookie", &cookie), ("Origin", "https://evil.example")],
        ),
        (
            "DELETE",
            call,
            &[("Host", &host), ("Cookie", &cookie), ("Origin", "https://evil.example")],
        ),
        // No token, or another one.
        ("GET", "/", &[("Host", &host)]),
        ("GET", "/style.css", &[("Host", &host)]),
        ("GET", "/?token=0", &[("Host", &host)]),
        ("GET", "/api/v1/items", &[("Host", &host), ("Cookie", &almost)]),
        ("GET", "/api/v1/items", &[("Host", &host), ("Cookie", &short)]),
        ("POST", call, &[("Host", &host), ("Origin", &own), ("Authorization", "Bearer x")]),
    ];
    for (method, path, headers) in requests {
        let sent: &[u8] = if *method == "POST" { body } else { b"" };
        let answer = server.raw(method, path, headers, sent);
        assert!(
            [400, 403].contains(&answer.status),
            "{method} {path} {headers:?}: {}",
            answer.status
        );
        assert!(!answer.text().contains("V-1"), "{headers:?}");
    }
    // The token is for the first page only.
    let path = format!("/api/v1/items?token={}", server.token);
    assert_eq!(server.raw("GET", &path, &[("Host", &host)], b"").status, 403);
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]).trim(), "1", "nothing was changed");
    // Those who may: the link, its cookie, a program with the token.
    let link = server.raw("GET", &format!("/?token={}", server.token), &[("Host", &host)], b"");
    let given = link.header("set-cookie").unwrap();
    assert_eq!((link.status, link.header("location").as_deref()), (303, Some("/")));
    assert!(given.contains("HttpOnly") && given.contains("SameSite=Strict"), "{given}");
    let given = given.split(';').next().unwrap();
    assert_eq!(server.raw("GET", "/", &[("Host", &host), ("Cookie", given)], b"").status, 200);
    let bearer = format!("Bearer {}", server.token);
    let program = [("Host", host.as_str()), ("Authorization", &bearer)];
    assert_eq!(server.raw("POST", call, &program, body).status, 200);
}

#[test]
fn a_token_is_not_guessed() {
    let repo = tracker();
    let (server, other) = (start(&repo, &[]), start(&repo, &[]));
    // 256 bits of the system's random numbers, of each start its own.
    assert_ne!(server.token, other.token);
    for token in [&server.token, &other.token] {
        assert!(token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
    }
    let host = format!("127.0.0.1:{}", server.port);
    let mut guesses: Vec<String> = vec![
        String::new(),
        other.token.clone(),
        server.token.to_uppercase(),
        format!("{}0", server.token),
        format!(" {}", server.token),
        "%00".to_owned(),
        "*".to_owned(),
    ];
    // Each token that differs in one place.
    for (at, digit) in server.token.char_indices() {
        let wrong = if digit == '0' { "1" } else { "0" };
        let mut guess = server.token.clone();
        guess.replace_range(at..=at, wrong);
        guesses.push(guess);
        guesses.push(server.token[..at].to_owned());
    }
    let refusal = server.raw("GET", "/api/v1/state", &[("Host", &host)], b"");
    assert_eq!(refusal.status, 403);
    let is_right = |guess: &String| guess.to_lowercase() == server.token && guess == &server.token;
    for guess in guesses.iter().filter(|guess| !is_right(guess)) {
        let cookie = format!("poam-{}={guess}", server.port);
        let bearer = format!("Bearer {guess}");
        for header in [("Cookie", cookie.as_str()), ("Authorization", bearer.as_str())] {
            // A blank before a bearer's token is no part of it.
            if header.0 == "Authorization" && guess.trim() == server.token {
                continue;
            }
            let answer = server.raw("GET", "/api/v1/state", &[("Host", &host), header], b"");
            assert_eq!((answer.status, &answer.body), (403, &refusal.body), "{header:?}");
        }
        let path = format!("/?token={}", guess.trim());
        if guess.trim() != server.token {
            assert_ne!(server.raw("GET", &path, &[("Host", &host)], b"").status, 303, "{guess}");
        }
    }
    // Whoever has the token is answered all the same.
    assert_eq!(server.get("/api/v1/state").status, 200);
    // The token is in no answer and in no address that a page links to.
    for page in ["/", "/items.html", "/api/v1/state", "/change/new"] {
        assert!(!server.get(page).text().contains(&server.token), "{page}");
    }
}

#[test]
fn bodies_that_lie_or_do_not_end_stop_nobody() {
    let repo = tracker();
    let server = start(&repo, &[]);
    let (host, cookie) = head(&server);
    let begin =
        format!("POST /poam/V-1/update-status HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n");
    // Two lengths, or a length and chunks: nobody may take the rest for another request.
    for lengths in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: -1\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
    ] {
        let text = format!(
            "{begin}{lengths}\r\n0\r\n\r\nGET /api/v1/items HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n"
        );
        let answer = server.send(text.as_bytes());
        assert!(answer.status == 0 || answer.status >= 400, "{lengths:?}: {}", answer.text());
        assert!(!answer.text().contains("weakness_name"), "{lengths:?}: {}", answer.text());
    }
    // Chunks without an end are counted.
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(format!("{begin}Transfer-Encoding: chunked\r\n\r\n").as_bytes()).unwrap();
    let chunk = format!("{:x}\r\n{}\r\n", 1 << 20, "x".repeat(1 << 20));
    for _ in 0..8 {
        if stream.write_all(chunk.as_bytes()).is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.contains(" 413 "), "{answer}");
    // Bodies that stop, and readers that never read what they asked for.
    let slow: Vec<TcpStream> = (0..40)
        .map(|at| {
            let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
            let text = match at % 2 {
                0 => format!("{begin}Content-Length: 100\r\n\r\n{{"),
                _ => {
                    format!("GET / HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n").repeat(20)
                }
            };
            stream.write_all(text.as_bytes()).unwrap();
            stream
        })
        .collect();
    let time = Instant::now();
    assert_eq!(server.get("/api/v1/state").status, 200);
    assert!(time.elapsed() < Duration::from_secs(5), "others wait for them");
    drop(slow);
    assert_eq!(server.get("/api/v1/state").status, 200);
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]).trim(), "1", "nothing was changed");
}

#[test]
fn uploads_are_limited_and_stay_in_their_folder() {
    let repo = tracker();
    let server = start(&repo, &[]);
    let many: Vec<(&str, &[u8])> = (0..101).map(|_| ("a.csv", &b"x"[..])).collect();
    let answer = server.upload(&many, &[("kind", "import")]);
    assert!(
        answer.status == 400 && answer.text().contains("at most 100 files"),
        "{}",
        answer.text()
    );
    let long = "x".repeat(5 << 20);
    assert_eq!(server.upload(&[], &[("kind", &long)]).status, 413);
    let names = [
        "../../../../tmp/poam-escaped.csv",
        "..\\..\\poam-escaped.csv",
        "/tmp/poam-escaped.csv",
        "..",
    ];
    for name in names {
        let answer = server.upload(&[(name, b"POAM ID\r\n")], &[("kind", "import")]);
        assert!([200, 400].contains(&answer.status), "{name}: {}", answer.status);
    }
    assert!(!std::path::Path::new("/tmp/poam-escaped.csv").exists());
    assert_eq!(repo.git(&["status", "--porcelain"]), "", "nothing is written in the work tree");
    // An upload of somebody else's form, and an upload that is a path.
    for id in ["../../x", "", "0", "%2e%2e"] {
        let values = [("upload", id), ("kind", "import")];
        assert_eq!(server.post_form("/import/commit", &values).status, 404, "{id}");
        assert_eq!(server.post_form("/import/plan", &values).status, 400, "{id}");
    }
    // Options that no field has reach no command.
    let values = [
        ("kind", "import"),
        ("import.commit", "on"),
        ("import.mapping", "/etc/passwd"),
        ("import.save-map", "/tmp/poam-escaped.csv"),
    ];
    server.upload(&[("a.csv", b"POAM ID,Weakness Name\r\nX-1,Y\r\n")], &values);
    assert!(!std::path::Path::new("/tmp/poam-escaped.csv").exists());
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]).trim(), "1");
}

#[test]
fn no_path_leads_out_of_the_pages() {
    let repo = tracker();
    repo.write("secret.txt", "SECRET");
    let server = start(&repo, &[]);
    for path in [
        "/../secret.txt",
        "/item/../../secret.txt",
        "/item/..%2F..%2Fsecret.txt",
        "/item/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/owner/..%2F..%2Fsecret.txt",
        "/item/V-1.html%00",
        "/api/v1/items/..%2F..%2Fsecret.txt",
        "/%2e%2e/secret.txt",
        "//secret.txt",
        "/.git/config",
    ] {
        let answer = server.get(path);
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.status);
        assert!(!answer.text().contains("SECRET") && !answer.text().contains("[core]"), "{path}");
    }
}

#[test]
fn large_and_slow_requests_end_and_others_are_answered() {
    let repo = tracker();
    let server = start(&repo, &[]);
    let large = "x".repeat(5 << 20);
    let answer = server.post("/poam/V-1/update-status", "application/json", &large);
    assert!([0, 413].contains(&answer.status), "{}", answer.status);
    let (host, cookie) = head(&server);
    let long = "y".repeat(1 << 20);
    let answer = server.raw("GET", "/", &[("Host", &host), ("Cookie", &cookie), ("X", &long)], b"");
    assert!([0, 400, 431].contains(&answer.status), "{}", answer.status);
    // Clients that begin and never end.
    let mut slow: Vec<TcpStream> = (0..50)
        .map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nHost: 127").unwrap();
            stream
        })
        .collect();
    let begin = Instant::now();
    assert_eq!(server.get("/api/v1/state").status, 200);
    assert!(begin.elapsed() < Duration::from_secs(5), "others wait for them");
    for stream in &mut slow {
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
    }
    assert!(begin.elapsed() < Duration::from_secs(30));
    for bytes in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\r\n\r\n\r\n",
    ] {
        let answer = server.send(bytes);
        assert!([0, 400, 403, 404, 505].contains(&answer.status), "{bytes:?}: {}", answer.status);
    }
    for method in ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"] {
        assert_eq!(server.request(method, "/items.html", &[], b"").status, 405, "{method}");
    }
    assert_eq!(server.get("/api/v1/state").status, 200);
}

#[test]
fn hostile_texts_stay_texts_on_every_page() {
    let repo = tracker();
    repo.write("poam.yaml", format!("version: 1\nsystem: {{name: \"{HOSTILE}\"}}\n"));
    repo.write("items/H-1.yaml", format!("id: H-1\nweakness_name: \"{HOSTILE}\"\nweakness_description: \"{HOSTILE}\"\nstatus: open\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\npoint_of_contact: {{name: \"{HOSTILE}\"}}\nmilestones: [{{id: 1, description: \"{HOSTILE}\", due: 2026-01-15}}]\ncomments: \"{HOSTILE}\"\n"));
    repo.commit_as("<b>Mallory</b> <m@example.com>", "2026-01-11", "<script>alert(1)</script>");
    repo.write("items/X-1.yaml", "id: X-1\n<img src=x onerror=alert(1)>\n");
    let server = start(&repo, &[]);
    let bad = "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E";
    let mut pages: Vec<(String, String)> = [
        "/".to_owned(),
        "/items.html".to_owned(),
        "/todo.html?days=400".to_owned(),
        "/log.html".to_owned(),
        "/diff.html".to_owned(),
        "/owners.html".to_owned(),
        "/import.html".to_owned(),
        "/item/H-1.html".to_owned(),
        "/change/new".to_owned(),
        "/change/transition?item=H-1".to_owned(),
        "/change/set?item=H-1".to_owned(),
        "/publish.html".to_owned(),
        "/change/milestone-complete?item=H-1&number=1".to_owned(),
        format!("/items.html?q={bad}&where={bad}&sort={bad}&show={bad}&status={bad}&owner={bad}"),
        format!("/log.html?item={bad}&action={bad}"),
        format!("/diff.html?base={bad}&head={bad}"),
        format!("/todo.html?owner={bad}&days={bad}"),
        format!("/change/transition?item=H-1&reason={bad}&status={bad}&until={bad}"),
        format!("/change/transition?item={bad}"),
        format!("/change/{bad}"),
        format!("/item/{bad}"),
        format!("/item/H-1.html?done={bad}"),
        format!("/{bad}"),
    ]
    .into_iter()
    .map(|path| (server.get(&path).text(), path))
    .collect();
    for wants in ["preview", "commit", "edit"] {
        let values = [
            ("item", "H-1"),
            ("status", HOSTILE),
            ("reason", HOSTILE),
            ("evidence", HOSTILE),
            ("do", wants),
        ];
        pages.push((server.post_form("/change/transition", &values).text(), wants.to_owned()));
    }
    // Plans show texts of files.
    let csv = format!(
        "POAM ID,Weakness Name,Original Detection Date,Original Risk Rating,Comments\r\nH-1,\"{0}\",2026-01-01,High,\"{0}\"\r\n\"{0}\",x,<b>M,<script>,y\r\n",
        HOSTILE.replace('"', "\"\"")
    );
    let name = "<img src=x onerror=alert(1)>.csv";
    let plan =
        server.upload(&[(name, csv.as_bytes())], &[("kind", "import"), ("import.date", HOSTILE)]);
    pages.push((plan.text(), "refused plan".to_owned()));
    // A file that cannot be read is in the way of every plan.
    repo.remove("items/X-1.yaml");
    let plan = server.upload(&[(name, csv.as_bytes())], &[("kind", "import")]);
    assert_eq!(plan.status, 200, "{}", plan.text());
    pages.push((plan.text(), "plan".to_owned()));
    for (text, path) in pages {
        assert!(!text.is_empty(), "{path}");
        // Values are sent as they are; what is shown is not.
        let mut shown = String::new();
        for (place, part) in text.split(" value=\"").enumerate() {
            let rest = if place == 0 { part } else { part.split_once('"').unwrap().1 };
            shown.push_str(rest);
        }
        // Texts to edit are values, too: they are escaped and otherwise as they are.
        let mut text = String::new();
        for (place, part) in shown.split("<textarea").enumerate() {
            let (value, rest) = part.split_once("</textarea>").unwrap_or(("", part));
            assert!(place > 0 || value.is_empty(), "{path}");
            text.push_str(&value.replace('\u{202e}', ""));
            text.push_str(rest);
        }
        for bad in [
            "<img",
            "<b>M",
            "<script>",
            " style=",
            "=\"javascript:",
            "\u{202e}",
            " onerror=alert(1)>",
        ] {
            assert!(!text.contains(bad), "{bad} in {path}: {text}");
        }
    }
    let page = server.get("/item/H-1.html");
    let policy = page.header("content-security-policy").unwrap();
    for part in
        ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'self'"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    assert_eq!(page.header("cache-control").as_deref(), Some("no-store"));
    assert_eq!(page.header("x-content-type-options").as_deref(), Some("nosniff"));
}
