//! What a page begins with, in one file: a module and all it imports, each in a scope of its own, in the order they need each other, without
//! comments. A phone then asks once, not fifty times. The build does it (`build.rs` takes this file in), or whoever reads a directory, for modules as `web/js` has them:
//! one import or export a line or a bracket, nothing exported that changes, and no module that needs itself.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The modules that are asked for by themselves, each by a page or by `import(…)`, and need many others.
pub const ROOTS: [&str; 4] = ["js/lobby.js", "js/auction.js", "js/console.js", "js/chart.js"];

/// The module at `root` with all it imports at once, as one module. `read` gives a file's text. What is imported later, by `import(…)`, stays as
/// it is: its address is seen from the root's directory.
pub fn joined(root: &str, read: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut all = Joined { read, text: String::new(), begun: BTreeSet::new(), done: BTreeSet::new() };
    // In a scope of its own as well: what it calls something must not hide a browser's own word from the others.
    let given: Vec<_> = all.write(root)?.into_iter().map(|(name, _)| name).collect();
    if !given.is_empty() {
        writeln!(all.text, "export const {{ {} }} = {};", given.join(", "), name_of(root)).map_err(|error| error.to_string())?;
    }
    Ok(all.text)
}

struct Joined<'a> {
    read: &'a dyn Fn(&str) -> Option<String>,
    text: String,
    begun: BTreeSet<String>,
    done: BTreeSet<String>,
}

impl Joined<'_> {
    /// Writes all that a module needs, and gives the module.
    fn with_needs(&mut self, path: &str) -> Result<Scope, String> {
        if !self.begun.insert(path.to_owned()) {
            return Err(format!("{path} needs itself"));
        }
        let scope = Scope::of(path, &(self.read)(path).ok_or_else(|| format!("there is no {path}"))?)?;
        for need in &scope.needs {
            if !self.done.contains(need) {
                self.write(need)?;
            }
        }
        Ok(scope)
    }

    /// Writes a module after all that it needs, and says what it gives.
    fn write(&mut self, path: &str) -> Result<Vec<Given>, String> {
        let Scope { body, given, .. } = self.with_needs(path)?;
        self.done.insert(path.to_owned());
        let pairs: Vec<_> = given.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        writeln!(self.text, "const {} = (() => {{\n{body}return {{ {} }};\n}})();", name_of(path), pairs.join(", "))
            .map_err(|error| error.to_string())?;
        Ok(given)
    }
}

/// Its name for others, and its name here.
type Given = (String, String);

/// A module as the inside of a function: what it takes from others first, what it gives last.
#[derive(Default)]
struct Scope {
    body: String,
    needs: Vec<String>,
    given: Vec<Given>,
}

impl Scope {
    fn of(path: &str, text: &str) -> Result<Scope, String> {
        let mut scope = Scope::default();
        let mut lines = without_comments(text).into_iter();
        while let Some(line) = lines.next() {
            let mut statement = line.to_owned();
            if line.starts_with("import ") || line.starts_with("export {") {
                while !statement.ends_with(';') {
                    statement.push_str(lines.next().ok_or_else(|| format!("{path}: {line} does not end"))?);
                }
            }
            scope.take(path, &statement).ok_or_else(|| format!("{path}: {line} is not as modules here are written"))?;
        }
        Ok(scope)
    }

    /// One line, or a whole import.
    fn take(&mut self, path: &str, line: &str) -> Option<()> {
        if let Some(import) = line.strip_prefix("import ") {
            let (what, from) = from(import, path)?;
            let what = if what.starts_with('{') { what.replace(" as ", ": ") } else { format!("{{ default: {what} }}") };
            writeln!(self.body, "const {what} = {};", name_of(&from)).ok()?;
            self.needs.push(from);
        } else if let Some(export) = line.strip_prefix("export {") {
            let (what, from) = from(export, path)?;
            writeln!(self.body, "const {{ {} }} = {};", what.trim_end_matches('}').trim(), name_of(&from)).ok()?;
            self.given.extend(what.trim_end_matches('}').split(',').map(|name| (name.trim().to_owned(), name.trim().to_owned())));
            self.needs.push(from);
        } else if let Some(name) = line.strip_prefix("export default ") {
            self.given.push(("default".to_owned(), name.trim_end_matches(';').to_owned()));
        } else if let Some(declared) = line.strip_prefix("export ") {
            let name = declared_name(declared)?.to_owned();
            self.given.push((name.clone(), name));
            writeln!(self.body, "{declared}").ok()?;
        } else {
            writeln!(self.body, "{line}").ok()?;
        }
        Some(())
    }
}

/// `{ a } from "./b.js";`: what, and the path of the module.
fn from<'a>(import: &'a str, path: &str) -> Option<(&'a str, String)> {
    let (what, from) = import.split_once(" from \"")?;
    Some((what.trim(), resolved(path, from.strip_suffix("\";")?)))
}

/// What a declaration declares. A `let` could change, and those who have taken it would not know.
fn declared_name(declared: &str) -> Option<&str> {
    let kinds = ["async function* ", "async function ", "function* ", "function ", "class ", "const "];
    let rest = kinds.iter().find_map(|kind| declared.strip_prefix(kind))?;
    rest.split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '$')).next().filter(|name| !name.is_empty())
}

/// Lines that say something to a browser. Comments begin a line, or stay.
fn without_comments(text: &str) -> Vec<&str> {
    let mut inside = false;
    let said = |line: &&str| {
        let trimmed = line.trim();
        let was_inside = inside;
        inside = (inside || trimmed.starts_with("/**")) && !trimmed.ends_with("*/");
        !(was_inside || trimmed.is_empty() || trimmed.starts_with("//") || trimmed.starts_with("/**"))
    };
    text.lines().filter(said).collect()
}

fn name_of(path: &str) -> String {
    path.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect()
}

/// `./b.js` or `../b.js`, seen from `js/a.js`.
fn resolved(from: &str, import: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in import.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::{joined, resolved};

    fn of(files: &[(&str, &str)]) -> Result<String, String> {
        joined(files[0].0, &|path| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned()))
    }

    #[test]
    fn each_module_stands_once_before_those_that_need_it() {
        let text = of(&[
            (
                "js/a.js",
                "// The page.\nimport { b } from \"./b.js\";\nimport {\n  c as d,\n} from \"./deep/c.js\";\n\nexport const a = b(d); // now\n",
            ),
            ("js/b.js", "import { c } from \"./deep/c.js\";\n/** Says it.\n * Twice. */\nexport function b(what) { c.push(what); }\n"),
            ("js/deep/c.js", "import E from \"../e.js\";\nexport const c = [E];\nexport { f } from \"../e.js\";\n"),
            ("js/e.js", "const E = 1;\nexport async function* f() {}\nexport default E;\n"),
        ]);
        assert_eq!(
            text.as_deref(),
            Ok("const js_e_js = (() => {\nconst E = 1;\nasync function* f() {}\nreturn { f: f, default: E };\n})();\n\
                const js_deep_c_js = (() => {\nconst { default: E } = js_e_js;\nconst c = [E];\nconst { f } = js_e_js;\nreturn { c: c, f: f };\n})();\n\
                const js_b_js = (() => {\nconst { c } = js_deep_c_js;\nfunction b(what) { c.push(what); }\nreturn { b: b };\n})();\n\
                const js_a_js = (() => {\nconst { b } = js_b_js;\nconst {  c: d,} = js_deep_c_js;\nconst a = b(d); // now\nreturn { a: a };\n})();\n\
                export const { a } = js_a_js;\n")
        );
    }

    #[test]
    fn what_cannot_be_joined_is_said() {
        assert_eq!(of(&[("js/a.js", "import { b } from \"./b.js\";\n")]), Err("there is no js/b.js".into()));
        let circle = [("js/a.js", "import { b } from \"./b.js\";\n"), ("js/b.js", "import { a } from \"./a.js\";\n")];
        assert_eq!(of(&circle), Err("js/a.js needs itself".into()));
        let changing = of(&[("js/a.js", "export let a = 1;\n")]);
        assert_eq!(changing, Err("js/a.js: export let a = 1; is not as modules here are written".into()));
    }

    #[test]
    fn an_import_is_seen_from_its_module() {
        assert_eq!(resolved("js/console/x.js", "../b.js"), "js/b.js");
        assert_eq!(resolved("js/x.js", "./y/z.js"), "js/y/z.js");
    }
}
