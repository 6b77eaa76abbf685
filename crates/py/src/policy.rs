//! The class `Policy`.

use crate::error::{of_engine, of_issues};
use crate::options::QueryOptions;
use crate::query::Query;
use crate::query_set::QuerySet;
use crate::to_python::{Shapes, annotation_of};
use crate::{builtin, from_python::json_of};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use solon::builtins::CustomBuiltin;
use solon::{Capabilities, Compiler, Issue, Syntax};
use solon_files::{Problem, Reading, load_paths};
use std::sync::Arc;

/// Compiled Rego together with its data: `Policy(modules, data=None)`.
///
/// `modules` is the text of one module, or a mapping of names, which errors use, to texts. `data` is anything that
/// JSON has, or `bytes` of JSON. A policy never changes; it may be used by any number of threads, and pickled.
///
/// - `builtins`: functions that policies may call, see `solon.builtin`
/// - `capabilities`: OPA's capabilities document, as `bytes` of JSON or an object: what policies may use
/// - `deny`: names of builtins that they may not use; a name that is none is an error
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
    /// The `solon.Builtin`s that it was compiled with.
    builtins: Arc<Vec<Py<PyAny>>>,
}

/// What a caller says of a policy besides its modules and data.
struct Options<'py> {
    builtins: Vec<Py<PyAny>>,
    capabilities: Option<Bound<'py, PyAny>>,
    deny: Vec<String>,
    syntax: Syntax,
    is_strict: bool,
}

impl Options<'_> {
    fn compiler(&self, py: Python<'_>) -> PyResult<Compiler> {
        let mut compiler = Compiler::new().syntax(self.syntax).strict(self.is_strict);
        if let Some(capabilities) = &self.capabilities {
            let read = Capabilities::from_json(&json_of(capabilities, "capabilities")?);
            let read = read.map_err(|error| PyValueError::new_err(format!("capabilities: {error}")))?;
            compiler = compiler.capabilities(read);
        }
        let compiler = self.deny.iter().fold(compiler, |compiler, name| compiler.without_builtin(name.as_str()));
        let builtins = read_builtins(py, &self.builtins)?;
        Ok(builtins.into_iter().fold(compiler, Compiler::builtin))
    }
}

fn read_builtins(py: Python<'_>, builtins: &[Py<PyAny>]) -> PyResult<Vec<CustomBuiltin>> {
    builtins.iter().map(|builtin| builtin::read(builtin.bind(py))).collect()
}

impl Policy {
    /// The engine's policy.
    pub fn native(&self) -> &solon::Policy {
        &self.policy
    }

    /// The same modules over other data.
    fn over(&self, policy: solon::Policy) -> Policy {
        Policy { policy, builtins: self.builtins.clone() }
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
        let syntax = crate::options::syntax(&syntax)?;
        let options = Options { builtins, capabilities, deny, syntax, is_strict: strict };
        let compiler = options.compiler(py)?.data(crate::options::data(data)?);
        let modules = crate::options::modules(modules)?;
        let compiler = modules.into_iter().fold(compiler, |compiler, (name, text)| compiler.module(name, text));
        let policy = py.detach(|| compiler.compile()).map_err(|error| of_engine(py, &error))?;
        Ok(Policy { policy, builtins: Arc::new(options.builtins) })
    }

    /// A policy of files: modules (`.rego`), data (`.json`, `.yaml`) and Gatekeeper's templates, and folders of them, by
    /// the rules of `opa eval --data`, but that no path has a prefix; `bundles` are OPA's bundles, folders or `.tar.gz` files. `ignore` are patterns of
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
        let syntax = crate::options::syntax(&syntax)?;
        let options = Options { builtins, capabilities, deny, syntax, is_strict: strict };
        let wrong = |problems: Vec<Problem>| of_problems(py, &problems);
        let reading = Reading { ignore, syntax, ..Reading::default() };
        let loaded = py.detach(|| load_paths(&paths, &bundles, reading)).map_err(wrong)?;
        let compiler = loaded.add_modules(loaded.add_documents(options.compiler(py)?));
        let policy = py.detach(|| loaded.finish(compiler)).map_err(wrong)?;
        Ok(Policy { policy, builtins: Arc::new(options.builtins) })
    }

    /// Prepares a query, such as `"data.app.allow"`, or one with variables.
    ///
    /// - `package`, `imports`: where it is asked
    /// - `limits`: see `solon.Limits`
    /// - `strict_builtin_errors`: an error of a builtin is an error, rather than undefined
    /// - `sets`: sets become Python's sets rather than sorted lists; arrays in them become tuples
    /// - `decimals`: numbers that are no integers become `Decimal` rather than `float`
    /// - `print`: is called with the place and the message of each `print` of a policy
    /// - `allow_hosts`: the names of the hosts that `http.send` may ask over HTTP and HTTPS, redirects included; without
    ///   them a policy that asks one is an error. Certificates are given as texts: no files are read
    ///
    /// >>> import solon
    /// >>> policy = solon.Policy("package app\nroles contains role if some role in input.roles")
    /// >>> policy.query("data.app.roles", sets=True).evaluate({"roles": ["a", "b", "a"]}) == {"a", "b"}
    /// True
    #[pyo3(signature = (text, *, package=String::new(), imports=vec![], limits=None, strict_builtin_errors=false,
        sets=false, decimals=false, print=None, allow_hosts=vec![]))]
    #[pyo3(text_signature = "($self, text, *, package='', imports=(), limits=None, strict_builtin_errors=False, \
        sets=False, decimals=False, print=None, allow_hosts=())")]
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
        allow_hosts: Vec<String>,
    ) -> PyResult<Query> {
        let shapes = Shapes { sets, decimals };
        let options = QueryOptions::of(limits, strict_builtin_errors, shapes, allow_hosts)?;
        let options = QueryOptions { package, imports, ..options };
        Query::prepare(slf, text, options, limits.map(|limits| limits.clone().unbind()), print)
    }

    /// Prepares several queries that are asked together: an input is read once, and what they have in common is computed
    /// once. The options are those of `query`.
    ///
    /// >>> import solon
    /// >>> policy = solon.Policy("package app\ntotal := sum(input.prices)\nis_dear if total > 100")
    /// >>> policy.query_set(["data.app.total", "data.app.is_dear"]).evaluate({"prices": [70, 50]})
    /// [120, True]
    #[pyo3(signature = (texts, *, limits=None, strict_builtin_errors=false, sets=false, decimals=false, print=None,
        allow_hosts=vec![]))]
    #[pyo3(text_signature = "($self, texts, *, limits=None, strict_builtin_errors=False, sets=False, decimals=False, \
        print=None, allow_hosts=())")]
    #[allow(clippy::too_many_arguments)]
    fn query_set(
        slf: &Bound<'_, Self>,
        texts: Vec<String>,
        limits: Option<&Bound<'_, PyAny>>,
        strict_builtin_errors: bool,
        sets: bool,
        decimals: bool,
        print: Option<Py<PyAny>>,
        allow_hosts: Vec<String>,
    ) -> PyResult<QuerySet> {
        let shapes = Shapes { sets, decimals };
        let options = QueryOptions::of(limits, strict_builtin_errors, shapes, allow_hosts)?;
        QuerySet::prepare(slf, texts, options, limits.map(|limits| limits.clone().unbind()), print)
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
        self.policy.modules().map(|(name, _)| name.to_owned()).collect()
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
        self.policy.annotations().iter().map(|annotation| annotation_of(py, annotation)).collect()
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
        let saved = self.save(py)?;
        let builtins: Vec<_> = self.builtins.iter().map(|builtin| builtin.clone_ref(py)).collect();
        Ok((restore, (saved, builtins).into_pyobject(py)?.into_any()))
    }

    /// The policy as bytes, from which `load` makes it again without compiling. They are for this version of Solon.
    ///
    /// >>> import solon
    /// >>> saved = solon.Policy("package app\nx := 1").save()
    /// >>> solon.Policy.load(saved).query("data.app.x").evaluate()
    /// 1
    fn save<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let saved = py.detach(|| self.policy.save()).map_err(|error| of_engine(py, &error))?;
        Ok(PyBytes::new(py, &saved))
    }

    /// The policy that `save` wrote, or `solon compile`. The functions that it was compiled with are not in the bytes.
    #[staticmethod]
    #[pyo3(signature = (saved, builtins=vec![]))]
    #[pyo3(text_signature = "(saved, builtins=())")]
    fn load(py: Python<'_>, saved: &[u8], builtins: Vec<Py<PyAny>>) -> PyResult<Policy> {
        let customs = read_builtins(py, &builtins)?;
        let policy = py.detach(|| solon::Policy::load_with(saved, &customs)).map_err(|error| of_engine(py, &error))?;
        Ok(Policy { policy, builtins: Arc::new(builtins) })
    }
}

/// `SolonError` for what files have wrong.
fn of_problems(py: Python<'_>, problems: &[Problem]) -> PyErr {
    let issues: Vec<Issue> = problems.iter().map(Problem::to_issue).collect();
    let text: Vec<String> = issues.iter().map(Issue::to_string).collect();
    of_issues(py, &text.join("\n"), &issues)
}
