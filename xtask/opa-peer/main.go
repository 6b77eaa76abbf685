// Command differential-peer answers for OPA, through its Go API: a request a line on stdin, an answer a line on stdout.
//
// A request has modules, base data, an input and queries. An answer has either the errors of the compiler, or for each
// query its rows or its errors. `cargo xtask differential` starts it.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sort"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/util"
)

// patience is how long one query may take.
const patience = 10 * time.Second

type request struct {
	Modules []module        `json:"modules"`
	Data    json.RawMessage `json:"data"`
	Input   json.RawMessage `json:"input"`
	Queries []string        `json:"queries"`
	V0      bool            `json:"v0"`
	Strict  bool            `json:"strict"`
	// Plain says that bodies are evaluated that an index or an early exit would spare.
	Plain bool `json:"plain"`
}

type module struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

type problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	File    string `json:"file"`
	Row     int    `json:"row"`
	Col     int    `json:"col"`
}

type row struct {
	Values   []any     `json:"values"`
	Bindings rego.Vars `json:"bindings,omitempty"`
}

type outcome struct {
	Rows   []row     `json:"rows,omitempty"`
	Errors []problem `json:"errors,omitempty"`
}

type answer struct {
	Errors   []problem `json:"errors,omitempty"`
	Outcomes []outcome `json:"outcomes,omitempty"`
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		text, err := json.Marshal(guarded(line))
		if err != nil {
			text, _ = json.Marshal(answer{Errors: problems(err)})
		}
		out.Write(append(text, '\n'))
		out.Flush()
	}
}

// guarded answers a request; a panic is an answer, too.
func guarded(line []byte) (result answer) {
	defer func() {
		if what := recover(); what != nil {
			result = answer{Errors: []problem{{Code: "opa_panic", Message: fmt.Sprint(what)}}}
		}
	}()
	return respond(line)
}

func respond(line []byte) answer {
	var request request
	if err := util.UnmarshalJSON(line, &request); err != nil {
		return answer{Errors: problems(err)}
	}
	version := ast.RegoV1
	if request.V0 {
		version = ast.RegoV0
	}
	modules, errs := parse(request.Modules, version)
	if len(errs) > 0 {
		return answer{Errors: errs}
	}
	data := map[string]any{}
	if err := util.UnmarshalJSON(request.Data, &data); err != nil {
		return answer{Errors: problems(err)}
	}
	compiler := ast.NewCompiler().SetErrorLimit(0).WithUseTypeCheckAnnotations(true).WithEnablePrintStatements(true).WithDefaultRegoVersion(version)
	if request.Plain {
		compiler.WithSkipStages(ast.StageBuildComprehensionIndices)
	}
	compiler.WithPathConflictsCheck(func(path []string) (bool, error) { return exists(data, path), nil })
	if compiler.Compile(modules); compiler.Failed() {
		return answer{Errors: problems(compiler.Errors)}
	}
	options := []func(*rego.Rego){
		rego.Compiler(compiler),
		rego.Store(inmem.NewFromObjectWithOpts(data, inmem.OptReturnASTValuesOnRead(true))),
		rego.StrictBuiltinErrors(request.Strict),
		rego.EnablePrintStatements(true),
		rego.SetRegoVersion(version),
	}
	how := []rego.EvalOption{rego.EvalRuleIndexing(!request.Plain), rego.EvalEarlyExit(!request.Plain)}
	if len(request.Input) > 0 {
		input, err := ast.ValueFromReader(bytes.NewReader(request.Input))
		if err != nil {
			return answer{Errors: problems(err)}
		}
		how = append(how, rego.EvalParsedInput(input))
	}
	var result answer
	for _, query := range request.Queries {
		result.Outcomes = append(result.Outcomes, evaluate(query, options, how))
	}
	return result
}

func parse(sources []module, version ast.RegoVersion) (map[string]*ast.Module, []problem) {
	modules := map[string]*ast.Module{}
	var errs []problem
	for _, source := range sources {
		options := ast.ParserOptions{RegoVersion: version, ProcessAnnotation: true}
		parsed, err := ast.ParseModuleWithOpts(source.Name, source.Text, options)
		if err != nil {
			errs = append(errs, problems(err)...)
		} else if parsed != nil {
			modules[source.Name] = parsed
		}
	}
	return modules, errs
}

// exists reports whether base data has something at a path.
func exists(data map[string]any, path []string) bool {
	var here any = data
	for _, step := range path {
		object, isObject := here.(map[string]any)
		if !isObject {
			return false
		}
		next, has := object[step]
		if !has {
			return false
		}
		here = next
	}
	return len(path) > 0
}

func evaluate(query string, options []func(*rego.Rego), how []rego.EvalOption) outcome {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var results rego.ResultSet
	prepared, err := rego.New(append(options, rego.Query(query))...).PrepareForEval(ctx)
	if err == nil {
		results, err = prepared.Eval(ctx, how...)
	}
	if ctx.Err() != nil {
		return outcome{Errors: []problem{{Code: "timeout", Message: "out of time"}}}
	}
	if err != nil {
		return outcome{Errors: problems(err)}
	}
	var rows []row
	for _, result := range results {
		var values []any
		for _, expression := range result.Expressions {
			values = append(values, expression.Value)
		}
		rows = append(rows, row{Values: values, Bindings: result.Bindings})
	}
	return outcome{Rows: rows}
}

// problems are what an error says, in order of the places.
func problems(err error) []problem {
	var found []problem
	var list ast.Errors
	var many rego.Errors
	var one *ast.Error
	var evaluation *topdown.Error
	switch {
	case errors.As(err, &list):
		for _, each := range list {
			found = append(found, placed(each.Code, each.Message, each.Location))
		}
	case errors.As(err, &many):
		for _, each := range many {
			found = append(found, problems(each)...)
		}
	case errors.As(err, &one):
		found = append(found, placed(one.Code, one.Message, one.Location))
	case errors.As(err, &evaluation):
		found = append(found, placed(evaluation.Code, evaluation.Message, evaluation.Location))
	default:
		found = append(found, problem{Code: "other", Message: err.Error()})
	}
	sort.SliceStable(found, func(i, j int) bool {
		left, right := found[i], found[j]
		if left.File != right.File {
			return left.File < right.File
		}
		if left.Row != right.Row {
			return left.Row < right.Row
		}
		return left.Col < right.Col
	})
	return found
}

func placed(code, message string, at *ast.Location) problem {
	if at == nil {
		return problem{Code: code, Message: message}
	}
	return problem{Code: code, Message: message, File: at.File, Row: at.Row, Col: at.Col}
}
