//! The class `Policy`.

use crate::error::{of_engine, of_issues};
use crate::options::{QueryOptions, syntax, syntax_name};
use crate::query::Query;
use crate::to_python::Shapes;
use crate::{builtin, from_python::json_of};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use solon::value::write;
use solon::{Capabilities, Compiler, Issue, Syntax};
use solon_files::{Problem, load_with_bundles};
use std::sync::Arc;

/// Compiled Rego together with its data: `Policy(modules, data=None)`.
///
/// `modules` is the text of one module, or a mapping of names, which errors use, to texts. `data` is anything that
/// JSON has, or `bytes` of JSON. A policy never changes; it may be used by any number of threads, and pickled.
///
/// - `builtins`: functions that policies may call, see `solon.builtin`
/// - `capabilities`: OPA's capabilities document, as `bytes` of JSON or an object: what policies may use
/// - `deny`: names of builtins that they may not use
/// - `syntax`: `"v1"`, `"v0"`, or `"detect"`, which reads what is not OPA 1.0's Rego as older Rego
/// - `strict`: OPA's strict mode
///
/// What is wrong raises `SolonError` with all errors at once.
///
/// >>> import solon
/// >>> policy = solon.Policy("""
/// ... package app
/// ... allow if input.user in data.admins
/// ... """, data={"admins": ["ann"]})
/// >>> policy.query("data.app.allow").allows({"user": "ann"})
/// True
#[pyclass(frozen, module = "solon")]
pub struct Policy {
    policy: solon::Policy,
    recipe: Arc<Recipe>,
}

/// What a policy is compiled from, but the data.
struct Recipe {
    modules: Vec<(String, String, Syntax)>,
    syntax: Syntax,
    is_strict: bool,
    capabilities: Option<Vec<u8>>,
    deny: Vec<String>,
    builtins: Vec<Py<PyAny>>,
}

impl Recipe {
    fn compiler(&self, py: Python<'_>) -> PyResult<Compiler> {
        let mut compiler = Compiler::new().syntax(self.syntax).strict(self.is_strict);
        if let Some(capabilities) = &self.capabilities {
            let read = Capabilities::from_json(capabilities);
            let read = read.map_err(|error| PyValueError::new_err(format!("capabilities: {error}")))?;
            compiler = compiler.capabilities(read);
        }
        for name in &self.deny {
            compiler = compiler.without_builtin(name.as_str());
        }
        for builtin in &self.builtins {
            compiler = compiler.builtin(builtin::read(builtin.bind(py))?);
        }
        Ok(compiler)
    }

    fn compile(self, py: Python<'_>, data: Vec<u8>) -> PyResult<Policy> {
        let mut compiler = self.compiler(py)?.data(data);
        for (name, text, syntax) in &self.modules {
            compiler = compiler.module_in(name.as_str(), text.as_str(), *syntax);
        }
        let policy = py.detach(|| compiler.compile()).map_err(|error| of_engine(py, &error))?;
        Ok(Policy { policy, recipe: Arc::new(self) })
    }
}

/// Syntax, strict mode, capabilities, builtins that are denied, builtins that are added.
type PickledOptions = (String, bool, Option<Vec<u8>>, Vec<String>, Vec<Py<PyAny>>);

/// What a caller says of a policy besides its modules and data.
#[derive(FromPyObject)]
struct Options<'py> {
    builtins: Vec<Py<PyAny>>,
    capabilities: Option<Bound<'py, PyAny>>,
    deny: Vec<String>,
    syntax: String,
    strict: bool,
}

impl Options<'_> {
    fn recipe(self, modules: Vec<(String, String)>) -> PyResult<Recipe> {
        let syntax = syntax(&self.syntax)?;
        let capabilities = self.capabilities.as_ref().map(|given| json_of(given, "capabilities")).transpose()?;
        Ok(Recipe {
            modules: modules.into_iter().map(|(name, text)| (name, text, syntax)).collect(),
            syntax,
            is_strict: self.strict,
            capabilities,
            deny: self.deny,
            builtins: self.builtins,
        })
    }
}

impl Policy {
    /// The engine's policy.
    pub fn native(&self) -> &solon::Policy {
        &self.policy
    }

    /// The same modules over other data.
    fn over(&self, policy: solon::Policy) -> Policy {
        Policy { policy, recipe: self.recipe.clone() }
    }
}

#[pymethods]
impl Policy {
    #[new]
    #[pyo3(signature = (modules=None, *, data=None, builtins=vec![], capabilities=None, deny=vec![],
        syntax="detect".to_owned(), strict=false))]
    #[pyo3(text_signature = "(modules=None, *, data=None, builtins=(), capabilities=None, deny=(), \
        syntax='detect', strict=False)")]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        modules: Option<&Bound<'_, PyAny>>,
        data: Option<&Bound<'_, PyAny>>,
        builtins: Vec<Py<PyAny>>,
        capabilities: Option<Bound<'_, PyAny>>,
        deny: Vec<String>,
        syntax: String,
        strict: bool,
    ) -> PyResult<Policy> {
        let options = Options { builtins, capabilities, deny, syntax, strict };
        let data = crate::options::data(data)?;
        options.recipe(crate::options::modules(modules)?)?.compile(py, data)
    }

    /// A policy of files: modules (`.rego`), data (`.json`, `.yaml`) and Gatekeeper's templates, and folders of them, by
    /// the rules of `opa eval --data`; `bundles` are OPA's bundles, folders or `.tar.gz` files. `ignore` are patterns of
    /// names in folders that are left out. The other options are those of `Policy`.
    ///
    /// >>> import pathlib, solon, tempfile
    /// >>> folder = pathlib.Path(tempfile.mkdtemp())
    /// >>> _ = (folder / "app.rego").write_text("package app\nallow if input.user in data.admins")
    /// >>> _ = (folder / "data.json").write_text('{"admins": ["ann"]}')
    /// >>> solon.Policy.from_files(folder).query("data.app.allow").allows({"user": "bob"})
    /// False
    #[staticmethod]
    #[pyo3(signature = (*paths, bundles=vec![], ignore=vec![], builtins=vec![], capabilities=None, deny=vec![],
        syntax="detect".to_owned(), strict=false))]
    #[pyo3(text_signature = "(*paths, bundles=(), ignore=(), builtins=(), capabilities=None, deny=(), \
        syntax='detect', strict=False)")]
    #[allow(clippy::too_many_arguments)]
    fn from_files(
        py: Python<'_>,
        paths: Vec<std::path::PathBuf>,
        bundles: Vec<std::path::PathBuf>,
        ignore: Vec<String>,
        builtins: Vec<Py<PyAny>>,
        capabilities: Option<Bound<'_, PyAny>>,
        deny: Vec<String>,
        syntax: String,
        strict: bool,
    ) -> PyResult<Policy> {
        let options = Options { builtins, capabilities, deny, syntax, strict };
        let recipe = options.recipe(Vec::new())?;
        let names = |paths: Vec<std::path::PathBuf>| -> Vec<String> {
            paths.iter().map(|path| path.to_string_lossy().into_owned()).collect()
        };
        let (paths, bundles) = (names(paths), names(bundles));
        let wrong = |problems: Vec<Problem>| of_problems(py, &problems);
        let loaded = py.detach(|| load_with_bundles(&paths, &bundles, &ignore)).map_err(wrong)?;
        let sources = loaded.named_modules(recipe.syntax);
        let compiler = loaded.add_documents(recipe.compiler(py)?);
        let compiler = sources
            .iter()
            .fold(compiler, |compiler, (name, text, syntax)| compiler.module_in(name.as_str(), text.as_str(), *syntax));
        let policy = py.detach(|| loaded.finish(compiler)).map_err(wrong)?;
        Ok(Policy { policy, recipe: Arc::new(Recipe { modules: sources, ..recipe }) })
    }

    /// Prepares a query, such as `"data.app.allow"`, or one with variables.
    ///
    /// - `package`, `imports`: where it is asked
    /// - `limits`: see `solon.Limits`
    /// - `strict_builtin_errors`: an error of a builtin is an error, rather than undefined
    /// - `sets`: sets become Python's sets rather than sorted lists; arrays in them become tuples
    /// - `decimals`: numbers that are no integers become `Decimal` rather than `float`
    /// - `print`: is called with the place and the message of each `print` of a policy
    ///
    /// >>> import solon
    /// >>> policy = solon.Policy("package app\nroles contains role if some role in input.roles")
    /// >>> policy.query("data.app.roles", sets=True).evaluate({"roles": ["a", "b", "a"]}) == {"a", "b"}
    /// True
    #[pyo3(signature = (text, *, package=String::new(), imports=vec![], limits=None, strict_builtin_errors=false,
        sets=false, decimals=false, print=None))]
    #[pyo3(text_signature = "($self, text, *, package='', imports=(), limits=None, strict_builtin_errors=False, \
        sets=False, decimals=False, print=None)")]
    #[allow(clippy::too_many_arguments)]
    fn query(
        slf: &Bound<'_, Self>,
        text: &str,
        package: String,
        imports: Vec<String>,
        limits: Option<&Bound<'_, PyAny>>,
        strict_builtin_errors: bool,
        sets: bool,
        decimals: bool,
        print: Option<Py<PyAny>>,
    ) -> PyResult<Query> {
        let (native, timeout) = crate::options::limits(limits)?;
        let options = QueryOptions {
            package,
            imports,
            limits: native,
            timeout,
            is_strict: strict_builtin_errors,
            shapes: Shapes { sets, decimals },
        };
        Query::prepare(slf, text, options, limits.map(|limits| limits.clone().unbind()), print)
    }

    /// The same modules over other data. Nothing is compiled.
    ///
    /// >>> import solon
    /// >>> policy = solon.Policy("package app\nlimit := data.limit", data={"limit": 1})
    /// >>> policy.with_data({"limit": 2}).query("data.app.limit").evaluate()
    /// 2
    fn with_data(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<Policy> {
        let data = json_of(data, "data")?;
        let policy = py.detach(|| self.policy.with_data(data)).map_err(|error| of_engine(py, &error))?;
        Ok(self.over(policy))
    }

    /// The same policy with another value at a path below `data`. What lies beside the path is shared, not copied.
    ///
    /// >>> import solon
    /// >>> policy = solon.Policy(data={"users": {"ann": {"age": 20}}})
    /// >>> policy.patch_data(["users", "bob"], {"age": 30}).query("data.users.bob.age").evaluate()
    /// 30
    fn patch_data(&self, py: Python<'_>, path: Vec<String>, value: &Bound<'_, PyAny>) -> PyResult<Policy> {
        let json = json_of(value, "value")?;
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let policy = py.detach(|| self.policy.patch_data(&path, &json)).map_err(|error| of_engine(py, &error))?;
        Ok(self.over(policy))
    }

    /// The base documents, without what rules define.
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Shapes::default().object(py, self.policy.data())
    }

    /// The names of the modules.
    #[getter]
    fn modules(&self) -> Vec<String> {
        self.recipe.modules.iter().map(|(name, ..)| name.clone()).collect()
    }

    /// What is annotated as an entrypoint, as queries.
    #[getter]
    fn entrypoints(&self) -> Vec<String> {
        self.policy.entrypoints().into_iter().map(str::to_owned).collect()
    }

    /// What `# METADATA` says of packages and rules: a `dict` each, with `path`, `scope`, `file`, `row` and the
    /// annotations' own fields under `fields`.
    #[getter]
    fn annotations<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let one = |annotation: &solon::Annotation| {
            let entry = PyDict::new(py);
            entry.set_item("path", &annotation.path)?;
            entry.set_item("scope", &annotation.scope)?;
            entry.set_item("file", annotation.location.as_ref().map(|place| &place.file))?;
            entry.set_item("row", annotation.location.as_ref().map(|place| place.row))?;
            entry.set_item("fields", crate::kubernetes::object_of(py, &annotation.fields)?)?;
            Ok(entry)
        };
        self.policy.annotations().iter().map(one).collect()
    }

    /// What the compiler noticed that is no error.
    #[getter]
    fn notes(&self) -> Vec<String> {
        self.policy.notes().iter().map(Issue::to_string).collect()
    }

    fn __repr__(&self) -> String {
        let names: Vec<String> = self.modules().iter().map(|name| format!("'{name}'")).collect();
        format!("<solon.Policy [{}]>", names.join(", "))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let restore = py.import("solon._restore")?.getattr("policy")?;
        let mut text = String::new();
        write(self.policy.data(), &mut text);
        let Recipe { modules, syntax, is_strict, capabilities, deny, builtins } = &*self.recipe;
        let modules: Vec<_> = modules.iter().map(|(name, text, syntax)| (name, text, syntax_name(*syntax))).collect();
        let builtins: Vec<_> = builtins.iter().map(|builtin| builtin.clone_ref(py)).collect();
        let capabilities = capabilities.as_ref().map(|text| PyBytes::new(py, text));
        let options = (syntax_name(*syntax), *is_strict, capabilities, deny.clone(), builtins);
        let state = (modules, PyBytes::new(py, text.as_bytes()), options);
        Ok((restore, state.into_pyobject(py)?.into_any()))
    }

    /// A policy of what `__reduce__` gives.
    #[staticmethod]
    fn _restore(
        py: Python<'_>,
        modules: Vec<(String, String, String)>,
        data: Vec<u8>,
        options: PickledOptions,
    ) -> PyResult<Policy> {
        let modules: PyResult<Vec<_>> =
            modules.into_iter().map(|(name, text, of)| Ok((name, text, syntax(&of)?))).collect();
        let (of, is_strict, capabilities, deny, builtins) = options;
        let recipe = Recipe { modules: modules?, syntax: syntax(&of)?, is_strict, capabilities, deny, builtins };
        recipe.compile(py, data)
    }
}

/// `SolonError` for what files have wrong.
fn of_problems(py: Python<'_>, problems: &[Problem]) -> PyErr {
    let issues: Vec<Issue> = problems.iter().map(Problem::to_issue).collect();
    let text: Vec<String> = issues.iter().map(Issue::to_string).collect();
    of_issues(py, &text.join("\n"), &issues)
}
