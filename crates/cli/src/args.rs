//! The arguments of every command, as data.

use crate::report::Problem;
use crate::{capabilities, duration, exit};
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};
use solon::k8s::shape::Shape;
use solon::{Capabilities, Stage, Syntax};
use solon_files::{Loaded, load_with_bundles};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// A policy engine for Rego, with the answers of Open Policy Agent.
#[derive(Debug, Parser)]
#[command(name = "solon", version)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Evaluate a query and print the result, as `opa eval` does.
    Eval(Eval),
    /// Compile policies and data to a file, which eval --compiled evaluates without compiling them again.
    Compile(Compile),
    /// Run the tests in policies: rules whose names begin with test_.
    Test(Test),
    /// Print which builtins, keywords and features policies can use.
    Capabilities(ShowCapabilities),
    /// Answer an AdmissionReview on stdin, as a webhook would.
    Admit(Admit),
    /// Print the syntax tree of a module.
    Parse(Parse),
    /// Print what the compiler makes of policies.
    Plan(Plan),
}

#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 done, 1 --fail or --fail-defined, or wrong arguments, 2 an error.")]
pub struct Eval {
    /// The query, for example data.pci_dss.deny
    pub query: Option<String>,

    #[command(flatten)]
    pub policy: PolicyFiles,
    /// A file that `solon compile` wrote, in place of policies and data
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "data", "bundle", "schema", "strict", "cross_check", "v0_compatible", "v1_compatible", "ignore", "capabilities",
    ])]
    pub compiled: Option<PathBuf>,

    /// The input document: JSON or YAML; several YAML documents are evaluated one after the other
    #[arg(short, long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Read the input document from stdin
    #[arg(short = 'I', long)]
    pub stdin_input: bool,
    /// Read the query from stdin
    #[arg(long)]
    pub stdin: bool,

    /// A JSON schema of the input, or a folder of schemas that annotations name
    #[arg(short, long, value_name = "PATH")]
    pub schema: Option<PathBuf>,

    /// How to print the result
    #[arg(short, long, value_enum, default_value = "json")]
    pub format: Format,
    /// Exit with 1 if the query is undefined, of several inputs for any
    #[arg(long)]
    pub fail: bool,
    /// Exit with 1 if the query is defined, of several inputs for any
    #[arg(long)]
    pub fail_defined: bool,

    /// The package in which the query is asked
    #[arg(long, value_name = "PATH", default_value = "", hide_default_value = true)]
    pub package: String,
    /// An import of the query; repeatable
    #[arg(long, value_name = "PATH")]
    pub import: Vec<String>,
    /// Make the first error of a builtin function an error of the query
    #[arg(long)]
    pub strict_builtin_errors: bool,
    /// Refuse modules that do not keep OPA's strict mode: imports and variables without a use, and more
    #[arg(short = 'S', long)]
    pub strict: bool,
    /// How long the evaluation may take, for example 500ms or 1m30s
    #[arg(short, long, value_name = "DURATION", value_parser = duration::parse)]
    pub timeout: Option<Duration>,
    /// Evaluate with a second engine, too, and fail if the two differ
    #[arg(long)]
    pub cross_check: bool,

    /// Read the input as Kubernetes manifests and give each object to the policy in this shape
    #[arg(long, value_enum)]
    pub shape: Option<InputShape>,
    /// input.parameters of the shape `review`: a document, or a Gatekeeper constraint that has them
    #[arg(long, value_name = "FILE", requires = "shape")]
    pub parameters: Option<PathBuf>,
}

/// Which policies and data to load.
#[derive(Args, Debug)]
pub struct PolicyFiles {
    /// A file or folder of .rego, .json and .yaml, or prefix.path:FILE to load data below a path; repeatable
    #[arg(short, long, value_name = "PATH")]
    pub data: Vec<String>,
    /// A bundle: a folder or .tar.gz file; repeatable
    #[arg(short, long, value_name = "PATH")]
    pub bundle: Vec<String>,

    #[command(flatten)]
    pub reading: Reading,
}

impl PolicyFiles {
    /// Loads them.
    pub fn load(&self) -> Result<Loaded, Vec<Problem>> {
        load_with_bundles(&self.data, &self.bundle, self.reading.of_files())
    }
}

/// How policies are read.
#[derive(Args, Debug)]
pub struct Reading {
    /// Read modules as Rego of before OPA 1.0
    #[arg(long, conflicts_with = "v1_compatible")]
    pub v0_compatible: bool,
    /// Read modules as Rego of OPA 1.0 only
    #[arg(long)]
    pub v1_compatible: bool,
    /// Names of files and folders that are not loaded from folders, as patterns ('.*'); repeatable
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// A capabilities file, or a version of them: what policies may use
    #[arg(long, value_name = "FILE", value_parser = capabilities::parse)]
    pub capabilities: Option<Capabilities>,
}

impl Reading {
    /// The same for what loads files.
    pub fn of_files(&self) -> solon_files::Reading {
        let syntax = match (self.v0_compatible, self.v1_compatible) {
            (true, _) => Syntax::V0,
            (_, true) => Syntax::V1,
            _ => Syntax::Detect,
        };
        solon_files::Reading {
            ignore: self.ignore.clone(),
            syntax,
            capabilities: self.capabilities.clone(),
            max_errors: None,
        }
    }
}

#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 done, 1 wrong arguments, 2 an error.")]
pub struct Compile {
    /// Files and folders of .rego, .json and .yaml, or prefix.path:FILE to load data below a path
    #[arg(required = true, value_name = "PATH")]
    pub path: Vec<String>,
    /// The paths are bundles: folders or .tar.gz files
    #[arg(short, long)]
    pub bundle: bool,
    /// The file to write. It is read by the same version of solon only
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// A JSON schema of the input, or a folder of schemas that annotations name
    #[arg(short, long, value_name = "PATH")]
    pub schema: Option<PathBuf>,
    /// Refuse modules that do not keep OPA's strict mode: imports and variables without a use, and more
    #[arg(short = 'S', long)]
    pub strict: bool,

    #[command(flatten)]
    pub reading: Reading,
}

#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 all tests passed, 1 nothing could be run, 2 a test did not pass.")]
pub struct Test {
    /// Files and folders of .rego, .json and .yaml, or prefix.path:FILE to load data below a path
    #[arg(required = true, value_name = "PATH")]
    pub path: Vec<String>,
    /// The paths are bundles: folders or .tar.gz files
    #[arg(short, long)]
    pub bundle: bool,

    #[command(flatten)]
    pub reading: Reading,

    /// How to print the report
    #[arg(short, long, value_enum, default_value = "pretty")]
    pub format: TestFormat,
    /// Report the tests that pass, too
    #[arg(short, long)]
    pub verbose: bool,
    /// Run only tests whose names match a regular expression: data.package.test_name
    #[arg(short, long, value_name = "REGEX")]
    pub run: Option<String>,
    /// How long each test may take, for example 500ms [default: 5s]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub timeout: Option<Duration>,
    /// How many tests run at once; 0 for as many as there are processors
    #[arg(short, long, value_name = "NUMBER", default_value = "0", hide_default_value = true)]
    pub parallel: usize,
    /// How often to run all tests
    #[arg(long, value_name = "NUMBER", default_value = "1", hide_default_value = true)]
    pub count: usize,
    /// How many errors of modules are reported; 0 for all
    #[arg(short, long, value_name = "NUMBER", default_value = "10", hide_default_value = true)]
    pub max_errors: usize,
    /// Exit with 0 though tests were skipped
    #[arg(short = 'z', long)]
    pub exit_zero_on_skipped: bool,
    /// Exit with 1 if there are no tests
    #[arg(long)]
    pub fail_on_empty: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For people
    Pretty,
    /// OPA's JSON array
    Json,
}

#[derive(Args, Debug)]
pub struct ShowCapabilities {
    /// The capabilities of this version
    #[arg(long)]
    pub current: bool,
    /// Those of a version of OPA
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,
    /// Those in a file
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 answered, allowed or not; 1 wrong arguments; 2 an error, whose answer refuses.")]
pub struct Admit {
    #[command(flatten)]
    pub policy: PolicyFiles,

    /// A rule that decides, for example data.pci_dss.deny; repeatable. Its name says what it means: allow, deny,
    /// violation or warn
    #[arg(short, long, value_name = "QUERY")]
    pub query: Vec<String>,
    /// What the rules find at input
    #[arg(long, value_enum, default_value = "request")]
    pub shape: InputShape,
    /// A file or folder with Gatekeeper constraints for the templates among the policies; repeatable
    #[arg(short, long, value_name = "PATH")]
    pub constraint: Vec<PathBuf>,
    /// How long the evaluation may take, for example 500ms
    #[arg(short, long, value_name = "DURATION", value_parser = duration::parse)]
    pub timeout: Option<Duration>,
}

#[derive(Args, Debug)]
pub struct Plan {
    #[command(flatten)]
    pub policy: PolicyFiles,

    /// After which stage of compilation
    #[arg(long, value_enum, default_value = "plan")]
    pub stage: PlanStage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlanStage {
    /// Rules with their names resolved, bodies in order
    Hir,
    /// Nested loops
    Plan,
    /// Instructions
    Code,
}

impl From<PlanStage> for Stage {
    fn from(stage: PlanStage) -> Stage {
        match stage {
            PlanStage::Hir => Stage::Hir,
            PlanStage::Plan => Stage::Plan,
            PlanStage::Code => Stage::Code,
        }
    }
}

#[derive(Args, Debug)]
pub struct Parse {
    /// A .rego file
    pub file: PathBuf,
    /// Read it as Rego of before OPA 1.0
    #[arg(long)]
    pub v0_compatible: bool,
    /// The tree, or the source printed from the tree
    #[arg(short, long, value_enum, default_value = "tree")]
    pub format: ParseFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// OPA's result set
    Json,
    /// For people: the value, or a table of variables
    Pretty,
    /// A JSON array of the expressions' values for each result
    Values,
    /// A JSON object of the variables for each result
    Bindings,
    /// Values for scripts, strings without quotes
    Raw,
    /// Nothing but whether there is a result
    Discard,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ParseFormat {
    /// The syntax tree with the bytes of each part
    Tree,
    /// Rego
    Rego,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InputShape {
    /// The object itself: input.kind
    Object,
    /// An AdmissionReview: input.request.object
    #[value(alias = "admission")]
    Request,
    /// Gatekeeper's: input.review.object and input.parameters
    #[value(alias = "gatekeeper")]
    Review,
}

impl From<InputShape> for Shape {
    fn from(shape: InputShape) -> Shape {
        match shape {
            InputShape::Object => Shape::Object,
            InputShape::Request => Shape::AdmissionRequest,
            InputShape::Review => Shape::GatekeeperReview,
        }
    }
}

/// Pairs of which one excludes the other, in OPA's words.
impl Eval {
    /// What is wrong with the arguments taken together.
    pub fn check(&self) -> Result<(), &'static str> {
        let wrong = [
            (self.query.is_none() && !self.stdin, "specify query argument or --stdin"),
            (self.query.is_some() && self.stdin, "specify query argument or --stdin but not both"),
            (self.stdin && self.stdin_input, "specify --stdin or --stdin-input but not both"),
            (self.stdin_input && self.input.is_some(), "specify --stdin-input or --input but not both"),
            (self.fail && self.fail_defined, "specify --fail or --fail-defined but not both"),
            (
                self.shape.is_some() && self.input.is_none() && !self.stdin_input,
                "--shape needs --input or --stdin-input",
            ),
        ];
        match wrong.into_iter().find(|(is_wrong, _)| *is_wrong) {
            Some((_, message)) => Err(message),
            None => Ok(()),
        }
    }
}

/// Prints help or what is wrong with the arguments.
pub fn explain(error: &clap::Error) -> ExitCode {
    // Nothing is left to do if even this cannot be printed.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => exit::DONE.into(),
        _ => exit::FAILED.into(),
    }
}
