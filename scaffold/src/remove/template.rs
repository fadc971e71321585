//! template.yaml without resources, and without what they alone use: parameters, secrets, outputs.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::name::{logical_id, path_of};

/// A function that the template declares.
pub(super) struct Function {
    pub(super) name: String,
    pub(super) paths: Vec<String>,
}

/// An entry of a section: `  Name:` with what is below it, and the comments above it.
struct Entry<'a> {
    name: &'a str,
    section: &'a str,
    lines: Range<usize>,
    /// The names that it mentions, its own not among them.
    mentions: BTreeSet<&'a str>,
    /// Its variables, such as `TABLE_NAME`, and the beginnings of keys, such as `USER#` and `USERS`.
    capitals: BTreeSet<&'a str>,
}

/// Reads the paths of these functions. At a function's own URL they begin like its name.
pub(super) fn functions(text: &str, names: impl Iterator<Item = String>) -> Vec<Function> {
    let lines: Vec<&str> = text.lines().collect();
    let entries = entries(&lines);
    let paths = |name: &str| {
        let entry = entries.iter().find(|entry| entry.name == logical_id(name));
        let lines = entry.map_or(&[][..], |entry| &lines[entry.lines.clone()]);
        let routed = lines.iter().filter_map(|line| {
            let (_, path) = line.split_once("Path: ")?;
            Some(path.trim_start_matches('"').split(['"', ',', ' ']).next()?.to_owned())
        });
        let own = lines.iter().any(|line| line.trim() == "FunctionUrlConfig:").then(|| path_of(name));
        routed.chain(own).collect()
    };
    names.map(|name| Function { paths: paths(&name), name }).collect()
}

/// Takes out the functions' resources, and returns the template with the names of all that went: of resources, outputs,
/// variables and keys of items.
pub(super) fn without<'a>(text: &'a str, functions: &BTreeSet<String>) -> (String, BTreeSet<&'a str>) {
    let lines: Vec<&str> = text.lines().collect();
    let entries = entries(&lines);
    let is_used_by = |name: &str, entry: &Entry<'_>| entry.mentions.iter().any(|word| is_of(word, name));
    let ids: BTreeSet<String> = functions.iter().map(|function| logical_id(function)).collect();
    let mut gone: BTreeSet<&str> =
        entries.iter().map(|entry| entry.name).filter(|name| ids.contains(*name)).collect();
    loop {
        let before = gone.len();
        for entry in entries.iter().filter(|entry| !["Globals", "Metadata"].contains(&entry.section)) {
            if gone.contains(entry.name) {
                continue;
            }
            let needs_gone = gone.iter().any(|name| is_used_by(name, entry));
            // Metadata names what is there, and uses nothing.
            let mut users = entries
                .iter()
                .filter(|other| other.section != "Metadata" && is_used_by(entry.name, other))
                .peekable();
            // An output, or a policy of a role, of what is gone; or a secret that only what is gone reads.
            let is_appended = needs_gone && users.peek().is_none();
            let is_left = users.peek().is_some()
                && users.all(|other| {
                    gone.contains(other.name) || other.section == "Outputs" || needs(other, entry)
                });
            let is_of_functions =
                entries.iter().any(|other| gone.contains(other.name) && is_used_by(entry.name, other));
            if is_appended || is_left && is_of_functions {
                gone.insert(entry.name);
            }
        }
        if gone.len() == before {
            break;
        }
    }
    let (out, kept): (Vec<&Entry<'_>>, Vec<&Entry<'_>>) =
        entries.iter().partition(|entry| gone.contains(entry.name));
    let cut: BTreeSet<usize> = out.iter().flat_map(|entry| entry.lines.clone()).collect();
    let names = out.iter().flat_map(|entry| &entry.capitals);
    gone.extend(names.filter(|word| kept.iter().all(|entry| !entry.capitals.contains(*word))));
    let is_metadata =
        |number: &usize| kept.iter().any(|entry| entry.section == "Metadata" && entry.lines.contains(number));
    let left = lines.iter().enumerate().filter(|(number, _)| !cut.contains(number));
    let left =
        left.map(
            |(number, line)| {
                if is_metadata(&number) { without_elements(line, &gone) } else { (*line).to_owned() }
            },
        );
    let mut text = left.collect::<Vec<_>>().join("\n");
    text.push('\n');
    (text, gone)
}

/// A list in one line, without what is called after something that is gone: `[Table, Files.LifecycleConfiguration]`.
fn without_elements(line: &str, gone: &BTreeSet<&str>) -> String {
    let list = line.split_once('[').and_then(|(before, rest)| Some((before, rest.split_once(']')?)));
    let Some((before, (elements, after))) = list else { return line.to_owned() };
    let is_left = |element: &&str| !element.split('.').next().is_some_and(|name| gone.contains(name));
    let left = elements.split(", ").filter(is_left).collect::<Vec<_>>().join(", ");
    format!("{before}[{left}]{after}")
}

/// Tells whether an entry is about another one and nothing else: the policy of a bucket.
fn needs(entry: &Entry<'_>, other: &Entry<'_>) -> bool {
    entry.section == "Resources" && entry.name.starts_with(other.name)
}

/// Tells whether a word is a resource's name, or the name of what SAM makes of it, such as its role.
fn is_of(word: &str, name: &str) -> bool {
    word.strip_prefix(name).is_some_and(|rest| ["", "Role", "Url"].contains(&rest))
}

fn is_in_capitals(word: &str) -> bool {
    word.len() > 3
        && word.starts_with(|c: char| c.is_uppercase())
        && !word.contains(|c: char| c.is_lowercase())
}

fn entries<'a>(lines: &[&'a str]) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry<'a>> = Vec::new();
    let mut section = "";
    let mut comments = 0;
    for (number, line) in lines.iter().enumerate() {
        if let Some(name) = line.strip_suffix(':').filter(|name| !name.starts_with([' ', '#'])) {
            section = name;
        }
        let name = line
            .strip_prefix("  ")
            .filter(|rest| !rest.starts_with([' ', '#']))
            .and_then(|rest| rest.split_once(':'));
        if let Some((name, _)) = name.filter(|_| !section.is_empty()) {
            let first = number - comments;
            entries.push(Entry {
                name,
                section,
                lines: first..number + 1,
                mentions: BTreeSet::new(),
                capitals: BTreeSet::new(),
            });
        } else if let Some(entry) =
            entries.last_mut().filter(|entry| entry.section == section && !is_comment(line))
        {
            entry.lines.end = number + 1;
        }
        comments = if is_comment(line) { comments + 1 } else { 0 };
    }
    for entry in &mut entries {
        let code = lines[entry.lines.clone()].iter().filter(|line| !line.trim_start().starts_with('#'));
        let words = code.clone().flat_map(|line| line.split(|c: char| !c.is_alphanumeric()));
        entry.mentions = words.filter(|word| *word != entry.name).collect();
        let variables = code.clone().flat_map(|line| line.split([' ', '{', ',']));
        let variables = variables.filter_map(|word| word.strip_suffix(':'));
        let quoted = code.flat_map(|line| line.split('"').skip(1).step_by(2));
        let keys = quoted.map(|text| text.find('#').map_or(text, |end| &text[..=end]));
        entry.capitals = variables.chain(keys).filter(|word| is_in_capitals(word)).collect();
    }
    entries
}

/// A comment on an entry, and not on a line of one.
fn is_comment(line: &str) -> bool {
    line.starts_with("  #")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "\
Metadata:
  Local:
    NotEmulated: [Table.Tags, Key.Tags]

Parameters:
  Scale:
    Type: Number

Resources:
  Table:
    Type: AWS::DynamoDB::Table
  # The key of the weather service.
  Key:
    Type: AWS::SecretsManager::Secret

  # Knows the weather.
  WeatherFunction:
    Type: AWS::Serverless::Function
    Properties:
      Environment: { Variables: { API_KEY: !Ref Key, TABLE_NAME: !Ref Table, SCALE: !Ref Scale } }
      Policies: [{ Keys: [\"WEATHER#*\", \"USER#*\"] }]
      Events:
        Any: { Type: HttpApi, Properties: { Path: /api/weather } }

  UsersFunction:
    Type: AWS::Serverless::Function
    Properties:
      Environment: { Variables: { TABLE_NAME: !Ref Table, SCALE: !Ref Scale } }
      Policies: [{ Keys: [\"USER#*\"] }]

Outputs:
  KeyArn:
    Value: !Ref Key
  TableName:
    Value: !Ref Table
";

    #[test]
    fn a_function_goes_with_what_it_alone_uses() {
        let (text, gone) = without(TEMPLATE, &BTreeSet::from(["weather".to_owned()]));
        assert_eq!(Vec::from_iter(gone), ["API_KEY", "Key", "KeyArn", "WEATHER#", "WeatherFunction"]);
        assert!(!text.contains("eather") && text.contains("NotEmulated: [Table.Tags]\n"), "{text}");
        assert!(
            ["  Scale:", "  Table:", "  UsersFunction:", "  TableName:"]
                .iter()
                .all(|name| text.contains(name))
        );
    }

    #[test]
    fn the_paths_of_a_function_are_those_of_its_events() {
        let functions = functions(TEMPLATE, ["weather".to_owned()].into_iter());
        assert_eq!(functions[0].paths, ["/api/weather"]);
    }
}
