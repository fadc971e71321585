//! Templates that nobody should write: each ends in an error with its line, and none in a hang or a crash.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use local::template::{Template, TemplateError};
use proptest::prelude::*;

fn parse(text: &str) -> Result<Template, TemplateError> {
    Template::parse(text, &BTreeMap::new(), "us-east-1")
}

/// Returns the template of the project itself.
fn own() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml")).unwrap()
}

/// Returns a template whose condition `C0` is true and whose condition `Ci` is made of `C(i-1)`.
fn conditions(count: usize, of_the_one_before: impl Fn(&str) -> String) -> String {
    let mut text = "Conditions:\n  C0: !Equals [a, a]\n".to_owned();
    for number in 1..=count {
        let before = format!("!Condition C{}", number - 1);
        writeln!(text, "  C{number}: {}", of_the_one_before(&before)).unwrap();
    }
    text + &format!(
        "Resources:\n  T: {{ Type: AWS::DynamoDB::Table, Properties: {{}}, Condition: C{count} }}\n"
    )
}

/// Returns a template in which the name of each table is made of that of the one before.
fn names(count: usize, name: &str) -> String {
    let mut text = "Resources:\n".to_owned();
    for number in 0..count {
        let name = name.replace('N', &format!("T{}", number + 1));
        writeln!(text, "  T{number}: {{ Type: AWS::DynamoDB::Table, Properties: {{ TableName: {name} }} }}")
            .unwrap();
    }
    text + &format!("  T{count}: {{ Type: AWS::DynamoDB::Table, Properties: {{}} }}\n")
}

#[test]
fn what_is_no_template_names_its_line() {
    let table = "Resources:\n  T: { Type: AWS::DynamoDB::Table, Properties:";
    for (text, line, message) in [
        (String::new(), 1, "the file is empty"),
        ("# nothing\n".to_owned(), 1, "the file is empty"),
        ("[]\n".to_owned(), 1, "the template has no Resources"),
        (
            "Resources: {}\n---\nResources: {}\n".to_owned(),
            2,
            "a template is one YAML document, and here a second one begins",
        ),
        ("Resources: {}\nResources: {}\n".to_owned(), 2, "the key Resources is already at line 1"),
        (format!("{table} {{ A: 1, A: 2 }} }}\n"), 2, "the key A is already at line 2"),
        ("{ ? [a] : b }\n".to_owned(), 1, "a key must be a text"),
        (
            "a: &x { b: 1 }\nc:\n  - *x\n".to_owned(),
            3,
            "CloudFormation takes no YAML aliases (*name): repeat the value",
        ),
        (
            "a:\n  <<: { b: 1 }\n".to_owned(),
            2,
            "CloudFormation takes no YAML merge keys (<<): repeat the entries",
        ),
    ] {
        let error = parse(&text).unwrap_err();
        assert_eq!((error.line, error.message.as_str()), (line, message), "{text}");
    }
    // The parser's own words follow the line.
    for (text, line) in [
        ("Resources:\n\tT: {}\n", 2),
        ("Resources: {}\n  T: 1\n", 2),
        ("Resources: [\n", 2),
        ("Resources: \"open\nand on\n", 1),
        ("Resources: !Ref &x !Sub y\n", 1),
        ("Resources: }\n", 1),
        ("a: *nobody\n", 1),
        ("a: \u{0}\n", 1),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!((error.line, error.message.starts_with("not YAML: ")), (line, true), "{text:?} {error}");
    }
}

#[test]
fn line_ends_and_marks_of_other_systems_are_fine() {
    for text in [
        "\u{feff}Resources: {}\n",
        "Resources:\r\n  T:\r\n    Type: AWS::DynamoDB::Table\r\n    Properties: {}\r\n",
        "{\"Resources\": {\"T\": {\"Type\": \"AWS::DynamoDB::Table\",\n\t\"Properties\": {}}}}",
        "%YAML 1.1\n---\nResources: {}\n...\n",
        "a: 1\n",
    ] {
        let parsed = parse(text);
        assert!(parsed.is_ok() || text.starts_with('a'), "{text:?} {parsed:?}");
    }
}

#[test]
fn what_refers_to_itself_says_so() {
    let conditions = "Conditions:\n  A: !Not [!Condition B]\n  B: !Not [!Condition A]\nResources:\n  \
                      T: { Type: AWS::DynamoDB::Table, Condition: A }\n";
    let names = "Resources:\n  A: { Type: AWS::DynamoDB::Table, Properties: { TableName: !Ref B } }\n  \
                 B: { Type: AWS::DynamoDB::Table, Properties: { TableName: !Sub 'x-${A}' } }\n";
    let function = "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      FunctionName: !Ref F\n";
    let condition = "Conditions: { A: !If [A, !Equals [a, a], !Equals [a, b]] }\nResources: { T: { Type: A::B::C, Condition: A } }\n";
    for (text, line, message) in [
        (conditions, 3, "condition A depends on itself"),
        (names, 3, "the TableName of B depends on itself"),
        (function, 5, "the FunctionName of F depends on itself"),
        (condition, 1, "condition A depends on itself"),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!((error.line, error.message.as_str()), (line, message));
    }
}

#[test]
fn values_that_grow_without_end_are_refused() {
    let often = "the values of this template contain one another too often";
    let deep = "more than 128 values need each other";
    for (text, message) in [
        // 2^60 evaluations of C0, each of which is true.
        (conditions(60, |before| format!("!And [{before}, {before}]")), often),
        (conditions(5_000, |before| format!("!Not [{before}]")), deep),
        (names(60, "!Sub '${N}${N}'"), often),
        (names(5_000, "!Ref N"), deep),
        (names(30, "!Join ['', [!Ref N, !Ref N]]"), often),
    ] {
        let error = parse(&text).unwrap_err();
        assert_eq!(error.message, message, "{}", &text[..200]);
    }
    // As long as people write them, chains are fine.
    assert_eq!(parse(&conditions(20, |before| format!("!Not [{before}]"))).unwrap().tables.len(), 1);
    assert_eq!(parse(&names(20, "!Sub '${N}-'")).unwrap().tables[0].name, format!("T20{}", "-".repeat(20)));
}

#[test]
fn what_is_too_large_or_too_deep_is_refused() {
    let large = format!("Resources: {{}}\n# {}\n", "x".repeat(1 << 20));
    let error = parse(&large).unwrap_err().to_string();
    assert_eq!(
        error,
        format!("template line 1: the template has {} bytes, and CloudFormation takes 1048576", large.len())
    );
    let blocks: String = (0..800).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "a:\n");
    for text in ["[".repeat(200_000), "- ".repeat(200_000), "{a: ".repeat(100_000), blocks] {
        assert!(parse(&text).unwrap_err().message.len() < 200);
    }
}

#[test]
fn a_template_that_is_cut_off_has_an_error_in_its_lines() {
    let own = own();
    for length in (0..own.len()).step_by(own.len() / 50).filter(|length| own.is_char_boundary(*length)) {
        if let Err(error) = parse(&own[..length]) {
            let lines = own[..length].lines().count();
            assert!((1..=lines + 1).contains(&error.line), "{length}: {error}");
        }
    }
}

#[test]
fn a_file_that_is_not_utf_8_names_its_line() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), b"Resources:\n  T: \xff\n").unwrap();
    let error = Template::load(file.path(), &BTreeMap::new(), "us-east-1").unwrap_err().to_string();
    assert_eq!(error, format!("{}:2: the file is not UTF-8", file.path().display()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lines_that_are_removed_doubled_or_changed_break_nothing(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, "[ -~\t]{0,12}"), 1..6),
    ) {
        let own = own();
        let mut lines: Vec<String> = own.lines().map(str::to_owned).collect();
        for (index, change, text) in changes {
            let at = index.index(lines.len());
            match change {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[at].clone()),
                2 => lines[at].push_str(&text),
                _ => lines[at] = text,
            }
        }
        if let Err(error) = parse(&lines.join("\n")) {
            prop_assert!((1..=lines.len() + 1).contains(&error.line), "{error}");
        }
    }

    #[test]
    fn any_text_is_a_template_or_an_error(text in "(Resources:|[ \n\t:{}\\[\\],!&*<>|'\"#%-]|Fn::If|Ref|a|T: )*") {
        if let Err(error) = parse(&text) {
            prop_assert!((1..=text.lines().count() + 1).contains(&error.line), "{error}");
        }
    }
}
