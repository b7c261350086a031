//! What holds for every input: the bodies of the fuzz targets over seeded inputs, and the scanner
//! against the parser over frames that are near valid ones.
#![cfg(not(target_arch = "wasm32"))]

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use fuzz::scan::check;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

fn config(cases: u32) -> ProptestConfig {
    // Inputs that failed become tests of their own, not files.
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Numbers that are read alike by every parser, in all their spellings.
fn number() -> BoxedStrategy<String> {
    let odd = select(vec![
        "-0",
        "-0.0",
        "0.0",
        "1e3",
        "1E+2",
        "5e-324",
        "1e400",
        "-1e400",
        "1e-400",
        "0.1",
        "55.00000000000001",
        "0.30000000000000004",
        "9007199254740992",
        "9007199254740993",
        "9007199254740993.0",
        "-9007199254740993",
        "18446744073709551616",
        "00",
        "01",
        "-01",
        "00.5",
        "1.",
        ".5",
        "+1",
        "-",
        "--1",
        "0x10",
        "1_000",
        "NaN",
        "Infinity",
        "-Infinity",
        "null",
        "true",
        "\"1\"",
        "[1]",
        "{}",
        "",
        "1 2",
        "999999999999999",
        "1000000000000000",
        "999999999999999999",
        "9999999999999999999",
        "0.000000000000000001",
        "123456789.123456789",
        "1.7976931348623157e308",
        "2.2250738585072014e-308",
    ]);
    prop_oneof![
        4 => any::<u32>().prop_map(|integer| integer.to_string()),
        4 => any::<f64>().prop_filter("finite", |number| number.is_finite())
            .prop_map(|number| number.to_string()),
        4 => (any::<i64>(), 0..19_u32).prop_map(|(digits, scale)| decimal(digits, scale)),
        4 => "-?(0|[1-9][0-9]{0,18})(\\.[0-9]{1,19})?",
        2 => "-?[0-9]{0,3}(\\.[0-9]{0,3})?([eE][+-]?[0-9]{0,3})?",
        4 => odd.prop_map(str::to_owned),
    ]
    .boxed()
}

/// The digits with a point somewhere in them.
fn decimal(digits: i64, scale: u32) -> String {
    let power = 10_i128.pow(scale);
    let (whole, part) = (i128::from(digits) / power, (i128::from(digits) % power).abs());
    if scale == 0 {
        whole.to_string()
    } else {
        format!("{whole}.{part:0>width$}", width = scale as usize)
    }
}

fn text() -> BoxedStrategy<String> {
    prop_oneof![
        4 => "[ -~]{0,20}".prop_map(|text| format!("\"{}\"", text.replace(['"', '\\'], ""))),
        3 => message().prop_map(|text| format!("\"{text}\"")),
        1 => "\\PC{0,8}".prop_map(|text| serde_json::Value::from(text).to_string()),
        1 => any::<String>().prop_map(|text| serde_json::Value::from(text).to_string()),
        1 => select(vec![
            r#""a\"b""#, r#""\u00e9""#, r#""\ud83d""#, "\"a\tb\"", "\"open", "'a'", r#""\x""#,
            r#""\ud83d\ude80 \ude80\ud83d""#, r#""\\ud83d""#, r#""\u00g0""#, r#""\""#,
            "\"\u{7f}\"", "\"\u{1f}\"", "null", "7",
        ])
        .prop_map(str::to_owned),
    ]
    .boxed()
}

/// What stands between the quotes in any script, with escapes.
fn message() -> BoxedStrategy<String> {
    let piece = prop_oneof![
        4 => "[ !#-\\[\\]-~]{1,12}",
        2 => "[а-яА-Я ]{1,12}",
        1 => "[\u{4e00}-\u{9fff}]{1,8}",
        1 => "[\u{1f300}-\u{1f6ff}]{1,3}",
        1 => "[\u{7f}-\u{ffff}]{1,4}",
        2 => r#"\\["\\/bfnrt]"#,
        1 => r"\\u[0-9a-fA-F]{4}",
    ];
    vec(piece, 0..6).prop_map(|pieces| pieces.concat()).boxed()
}

/// Any value, as nested as it comes.
fn json() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        3 => number(),
        3 => message().prop_map(|text| format!("\"{text}\"")),
        1 => text(),
        2 => select(vec!["true", "false", "null", "[]", "{}", "tru", "[1,]"]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 12, 4, |inner| {
        let member = (message(), inner.clone(), space())
            .prop_map(|(key, value, space)| format!("{space}\"{key}\":{space}{value}"));
        prop_oneof![
            vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            vec(member, 0..4).prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
    .boxed()
}

/// A member that nobody knows, or that everybody does.
fn unknown() -> BoxedStrategy<String> {
    let key = prop_oneof![
        2 => Just("_meta".to_owned()),
        2 => "[a-z]{1,9}",
        1 => message(),
        1 => select(vec!["__proto__", "id", "progress", "pro\\u0067ress", "größe"]).prop_map(str::to_owned),
    ];
    let member = |(key, value, space)| format!("\"{key}\"{space}:{value}");
    (key, json(), space()).prop_map(member).boxed()
}

fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![12 => Just(""), 1 => select(vec![" ", "\n\t", "\r\n", "\u{a0}", "\u{0b}", "/**/"])]
}

/// An object, its members in any order, one of them perhaps gone, doubled or unknown.
fn object(members: impl Strategy<Value = Vec<String>>) -> impl Strategy<Value = String> {
    let flaw = prop_oneof![8 => Just(0_u8), 1 => Just(1), 1 => Just(2), 1 => Just(3), 1 => Just(4)];
    (members.prop_shuffle(), flaw, space(), space()).prop_map(
        |(mut members, flaw, before, after)| {
            match flaw {
                1 => drop(members.pop()),
                2 => members.extend(members.first().cloned()),
                3 => members.push(r#""extra":1"#.to_owned()),
                4 => members.push(String::new()),
                _ => {}
            }
            format!("{before}{{{}{after}}}", members.join(&format!("{after},{before}")))
        },
    )
}

fn member(
    key: &'static str,
    value: impl Strategy<Value = String>,
) -> impl Strategy<Value = String> {
    (value, space(), space())
        .prop_map(move |(value, before, after)| format!("\"{key}\"{before}:{after}{value}"))
}

/// A frame that is a progress notification, or nearly one.
fn near_progress() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        3 => (0..1_000_u32).prop_map(|token| token.to_string()),
        1 => (0..1_000_u32).prop_map(|token| format!("\"{token}\"")),
        1 => number(),
        1 => text(),
    ];
    let params = (
        member("progressToken", token),
        member("progress", number()),
        proptest::option::of(member("total", number())),
        proptest::option::of(member("message", text())),
        proptest::option::weighted(0.3, unknown()),
    )
        .prop_map(|(token, progress, total, message, more)| {
            [Some(token), Some(progress), total, message, more].into_iter().flatten().collect()
        });
    let version = prop_oneof![9 => Just("\"2.0\""), 1 => select(vec!["2.0", "\"2\"", "\"2.0 \""])];
    let method = prop_oneof![
        9 => Just("\"notifications/progress\""),
        1 => select(vec!["\"notifications/progres\"", r#""notifications\/progress""#]),
    ];
    let envelope = (
        member("jsonrpc", version.prop_map(str::to_owned)),
        member("method", method.prop_map(str::to_owned)),
        member("params", object(params)),
        proptest::option::weighted(0.1, unknown()),
    )
        .prop_map(|(version, method, params, more)| {
            [Some(version), Some(method), Some(params), more].into_iter().flatten().collect()
        });
    (object(envelope), space()).prop_map(|(frame, after)| frame + after)
}

/// What servers write, in all its shapes: the scanner must know it.
fn ordinary_progress() -> impl Strategy<Value = String> {
    let number = || {
        prop_oneof![
            (0..1_u64 << 53).prop_map(|integer| integer.to_string()),
            (-1_000_000_i32..1_000_000, 1..6_u32)
                .prop_map(|(digits, scale)| decimal(digits.into(), scale)),
            (1..1_000_u32, 1..1_000_u32)
                .prop_map(|(i, n)| (f64::from(i) / f64::from(n) * 100.0).to_string()),
            (0..100_u32).prop_map(|whole| format!("{whole}.0")),
            any::<f64>()
                .prop_filter("finite", |number| number.is_finite())
                .prop_map(|number| format!("{number:e}")),
        ]
    };
    let token = (1..1_000_000_i64, any::<bool>()).prop_map(|(token, quoted)| {
        if quoted { format!("\"{token}\"") } else { token.to_string() }
    });
    let meta =
        r#"{"io.modelcontextprotocol/related-task":{"taskId":"7f"},"steps":[1,2.5,{"done":null}]}"#;
    let more = select(vec![
        format!("\"_meta\":{meta}"),
        r#""stage":"копирование \u0041""#.to_owned(),
        r#""x":[],"y":{"z":"\\"}"#.to_owned(),
    ]);
    let params = (
        token,
        number(),
        proptest::option::of(prop_oneof![4 => number(), 1 => Just("null".to_owned())]),
        proptest::option::of(message()),
        proptest::option::of(more),
    );
    let params = params.prop_map(|(token, progress, total, message, more)| {
        let token = Some(format!("\"progressToken\":{token}"));
        let progress = Some(format!("\"progress\":{progress}"));
        let total = total.map(|total| format!("\"total\":{total}"));
        let message = message.map(|message| format!("\"message\":\"{message}\""));
        [token, progress, total, message, more].into_iter().flatten().collect::<Vec<_>>()
    });
    let blank = select(vec!["", "", " ", "\n  "]);
    (params.prop_shuffle(), blank, any::<prop::sample::Index>()).prop_map(
        |(params, blank, turn)| {
            let params = format!("{{{blank}{}{blank}}}", params.join(&format!(",{blank}")));
            let mut envelope = [
                "\"jsonrpc\":\"2.0\"".to_owned(),
                "\"method\":\"notifications/progress\"".to_owned(),
                format!("\"params\":{blank}{params}"),
            ];
            envelope.rotate_left(turn.index(3));
            format!("{{{}}}", envelope.join(&format!("{blank},")))
        },
    )
}

proptest! {
    #![proptest_config(config(6_000))]

    #[test]
    fn the_scanner_reads_near_valid_frames_as_the_parser_does(frame in near_progress()) {
        check(frame.as_bytes());
    }

    #[test]
    fn the_scanner_reads_ordinary_frames(frame in ordinary_progress()) {
        prop_assert!(check(frame.as_bytes()).is_some(), "{frame}");
    }

    #[test]
    fn the_scanner_reads_no_part_of_a_frame(
        frame in ordinary_progress(),
        cut in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = frame.into_bytes();
        let at = cut.index(bytes.len());
        prop_assert_eq!(check(&bytes[..at]), None);
        bytes[at] = byte;
        fuzz::scan::run(&bytes);
        bytes.insert(at, byte);
        fuzz::scan::run(&bytes);
    }
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn arbitrary_bytes_never_upset_the_scanner(bytes in vec(any::<u8>(), 0..200)) {
        fuzz::scan::run(&bytes);
    }

    #[test]
    fn arbitrary_operations_never_upset_a_client(bytes in vec(any::<u8>(), 0..600)) {
        fuzz::client_frames::run(&bytes);
    }

    #[test]
    fn arbitrary_servers_over_http_never_upset_a_client(bytes in vec(any::<u8>(), 0..600)) {
        fuzz::http_client::run(&bytes);
    }

    #[test]
    fn arbitrary_operations_never_upset_the_streams_of_a_session(bytes in vec(any::<u8>(), 0..400)) {
        fuzz::streams::run(&bytes);
    }

    #[test]
    fn arbitrary_bodies_are_sorted_alike_as_text_and_as_trees(bytes in vec(any::<u8>(), 0..100)) {
        fuzz::http_bodies::run(&bytes);
    }

    #[test]
    fn arbitrary_operations_never_upset_a_server(bytes in vec(any::<u8>(), 0..600)) {
        fuzz::server_frames::run(&bytes);
    }
}

#[cfg(feature = "auth-jwt")]
mod authorization {
    use super::*;

    /// A member that says something about a token, rightly or nearly so.
    fn claim() -> impl Strategy<Value = String> {
        let name = select(vec![
            "iss",
            "sub",
            "aud",
            "exp",
            "nbf",
            "iat",
            "scope",
            "scp",
            "cnf",
            "nonce",
            "active",
            "typ",
            "alg",
            "kid",
            "crit",
            "client_id",
            "token_use",
            "issuer",
            "jwks_uri",
            "keys",
        ]);
        let value = prop_oneof![
            3 => select(vec![
                "\"https://auth.example\"", "\"https://auth.example/\"", "\"alice\"", "\"\"",
                "1000030", "999999", "999930", "1000030.5", "\"1000030\"", "true", "null", "[]", "{}",
                "\"read write\"", "[\"a\",\"b\"]", "\"at+jwt\"", "\"EdDSA\"", "\"HS256\"",
                "\"none\"", "\"one\"", "[\"exp\"]", "1e999", "-1",
            ])
            .prop_map(str::to_owned),
            1 => json(),
        ];
        (name, value).prop_map(|(name, value)| format!("\"{name}\":{value}"))
    }

    /// What is said of a token, all of it right, and then some of it changed.
    fn claims() -> impl Strategy<Value = String> {
        let good = [
            "\"iss\":\"https://auth.example\"",
            "\"sub\":\"alice\"",
            "\"aud\":\"r\"",
            "\"exp\":1000030",
            "\"active\":true",
        ];
        vec(claim(), 0..3).prop_map(move |more| {
            let all: Vec<_> = good.into_iter().map(str::to_owned).chain(more).collect();
            format!("{{{}}}", all.join(","))
        })
    }

    proptest! {
        // Each makes a signature and checks it, which takes its time in a debug build.
        #![proptest_config(config(150))]

        #[test]
        fn no_token_is_let_in_that_says_anything_wrong(
            claims in claims(),
            more in vec(claim(), 0..3),
        ) {
            let good = r#""alg":"EdDSA","typ":"at+jwt","kid":"one""#.to_owned();
            let header = std::iter::once(good).chain(more).collect::<Vec<_>>().join(",");
            fuzz::authorization::jwt(format!("{{{header}}}\n{claims}").as_bytes());
        }
    }

    proptest! {
        #![proptest_config(config(500))]

        #[test]
        fn no_authorization_field_is_taken_for_more_than_it_says(
            scheme in select(vec!["Bearer", "bearer", "BEARER", "Basic", "Bearerx", "", "DPoP"]),
            space in space(),
            rest in "[A-Za-z0-9._~+/= ,\";\t-]{0,30}",
        ) {
            fuzz::authorization::header(format!("{scheme} {space}{rest}").as_bytes());
        }

        #[test]
        fn no_answer_about_a_token_is_taken_for_more_than_it_says(claims in claims()) {
            fuzz::authorization::introspection(claims.as_bytes());
        }

        #[test]
        fn no_issuer_leads_anywhere_by_what_it_says_about_itself(
            place in any::<[u8; 2]>(),
            document in vec(claim(), 0..4),
        ) {
            let text = format!("{{{}}}", document.join(","));
            fuzz::authorization::issuer(&[&place[..], text.as_bytes()].concat());
        }
    }
}

/// A fuzz target: its name, which is that of the folder of its seeds, and its body.
type Target = (&'static str, fn(&[u8]));

const TARGETS: &[Target] = &[
    ("arguments", fuzz::handlers::arguments),
    #[cfg(feature = "auth-jwt")]
    ("auth_header", fuzz::authorization::header),
    #[cfg(feature = "auth-jwt")]
    ("auth_introspection", fuzz::authorization::introspection),
    #[cfg(feature = "auth-jwt")]
    ("auth_issuer", fuzz::authorization::issuer),
    #[cfg(feature = "auth-jwt")]
    ("auth_jwt", fuzz::authorization::jwt),
    ("client_frames", fuzz::client_frames::run),
    ("http_bodies", fuzz::http_bodies::run),
    ("http_client", fuzz::http_client::run),
    ("raw", fuzz::raw::run),
    ("request_state", fuzz::handlers::request_state),
    ("scan", fuzz::scan::run),
    ("server_frames", fuzz::server_frames::run),
    ("streams", fuzz::streams::run),
    ("templates", fuzz::handlers::templates),
];

/// The seeds of a target, in the order of their names.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let files =
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

#[test]
fn every_fuzz_target_has_seeds_and_takes_them_and_what_is_near_them() {
    let listed = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let mut names: Vec<_> = std::fs::read_dir(listed)
        .unwrap()
        .map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.retain(|name| cfg!(feature = "auth-jwt") || !name.starts_with("auth_"));
    names.sort();
    let known: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, known, "every target is run here");
    // The same inputs in every run: xorshift from a fixed start.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |count: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(count.max(1)).unwrap()).unwrap()
    };
    for &(name, run) in TARGETS {
        let seeds = seeds(name);
        assert!(seeds.len() >= 3, "{name} has seeds");
        for seed in &seeds {
            run(seed);
            // Signatures take their time.
            for _ in 0..if name == "auth_jwt" { 60 } else { 300 } {
                let mut input = seed.clone();
                for _ in 0..=below(4) {
                    let at = below(input.len());
                    match below(4) {
                        0 => input.truncate(at),
                        1 => input.insert(at, u8::try_from(below(256)).unwrap()),
                        2 => {
                            let other = &seeds[below(seeds.len())];
                            input.truncate(at);
                            input.extend_from_slice(&other[below(other.len())..]);
                        }
                        _ => {
                            if let Some(byte) = input.get_mut(at) {
                                *byte = u8::try_from(below(256)).unwrap();
                            }
                        }
                    }
                }
                run(&input);
            }
        }
    }
}
