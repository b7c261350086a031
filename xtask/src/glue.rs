//! The generated glue without what this package never uses: it weighs in every app's bundle.

use anyhow::{Result, bail, ensure};

/// What is taken out: from the first text up to the second, which stays, and what comes instead.
const UNUSED: [(&str, &str, &str); 10] = [
    // The module is never started synchronously.
    ("function initSync(module) {", "let __wbg_init_promise;", ""),
    // The compiled module is for workers, which are handed it.
    ("initSync, ", "__wbg_init as default", "wasmModule, "),
    // Our entries pass an object.
    (
        "    if (module_or_path !== undefined) {",
        "    const imports = __wbg_get_imports();\n\n    if (typeof module_or_path",
        "    ({module_or_path} = module_or_path);\n",
    ),
    // Our entries start it once.
    (
        "let __wbg_init_promise;",
        "    ({module_or_path}",
        "async function __wbg_init(module_or_path) {\n    if (wasm !== undefined) return wasm;\n",
    ),
    // Every engine that can run the module has these.
    ("if (!('encodeInto' in cachedTextEncoder)) {", "let WASM_VECTOR_LEN", ""),
    // What answers a `fetch` and is `ok` has one of these types.
    ("    function expectedResponseType(type) {", "}\n\nasync function __wbg_init(", ""),
    ("const validResponse = expectedResponseType(module.type);", "module.headers", "if ("),
    // A text that every page would load, for the few that place the module themselves.
    (
        "console.warn(",
        "\n\n                } else",
        "console.warn(\"a WebAssembly module is not served as application/wasm, which is slower:\", e);",
    ),
    // A memory that has grown has another buffer.
    (
        "if (cachedDataViewMemory0 === null ||",
        " {\n        cachedDataViewMemory0 = new DataView(",
        "if (cachedDataViewMemory0?.buffer !== wasm.memory.buffer)",
    ),
    // `realloc` is always given.
    ("    if (realloc === undefined) {", "    let len = arg.length;", ""),
];

/// Takes it out; fails if the glue has another shape than expected. `classes`: what the module
/// exports, as the glue calls it.
pub fn trim(glue: &str, classes: &[&str]) -> Result<String> {
    let mut glue = glue.to_owned();
    let mut unused = UNUSED.map(|(from, to, instead)| (from.into(), to, instead.into())).to_vec();
    for class in classes {
        let registry = format!("new FinalizationRegistry(ptr => wasm.__wbg_{class}_free");
        let test = "(typeof FinalizationRegistry === 'undefined')\n    ? { register: () => {}, unregister: () => {} }\n    : ";
        // Every engine that can run the module has these.
        unused.push((format!("{test}{registry}"), "(ptr, 1)", registry));
        // Nobody declares one with `using`.
        let class = format!("{}{}", class[..1].to_uppercase(), &class[1..]);
        unused.push((format!("if (Symbol.dispose) {class}."), "\n", String::new()));
    }
    for (from, to, instead) in unused {
        ensure!(glue.matches(&from).count() == 1, "the glue has not just one `{from}`");
        let start = glue.find(&from).unwrap_or_default();
        let length = glue[start + from.len()..].find(to);
        ensure!(length.is_some(), "the glue has no `{to}` behind `{from}`");
        let end = start + from.len() + length.unwrap_or_default();
        glue.replace_range(start..end, &instead);
    }
    catch_in_place(glue)
}

/// What an import throws is caught where it is called: the generated glue makes a closure and a list of
/// arguments for each call, and most of what the machines read of a message are such calls.
fn catch_in_place(mut glue: String) -> Result<String> {
    const BEGIN: &str = "function() { return handleError(function (";
    const END: &str = "}, arguments); }";
    const HANDLER: &str = "function handleError(f, args) {\n    try {\n        return f.apply(this, args);\n    } catch (e) {\n";
    while let Some(start) = glue.find(BEGIN) {
        let Some(length) = glue[start..].find(END) else { bail!("the glue has no `{END}`") };
        let call = &glue[start + BEGIN.len()..start + length];
        let Some((given, body)) = call.split_once(") {") else { bail!("odd arguments: {call}") };
        let caught =
            format!("function({given}) {{ try {{{body}}} catch (e) {{ handleError(e); }} }}");
        glue.replace_range(start..start + length + END.len(), &caught);
    }
    if let Some(start) = glue.find(HANDLER) {
        let behind = start + HANDLER.len();
        let length = glue[behind..].find("    }\n}");
        ensure!(length.is_some(), "`handleError` of the glue has another end");
        let end = behind + length.unwrap_or_default();
        let body = glue[behind..end].to_owned();
        glue.replace_range(
            start..end + "    }\n".len(),
            &format!("function handleError(e) {{\n{body}"),
        );
    }
    ensure!(!glue.contains("f.apply("), "`handleError` of the glue has another shape");
    Ok(glue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_import_throws_is_caught_where_it_is_called() {
        let glue = "a: function() { return handleError(function (arg0, arg1) {\n    return Reflect.get(arg0, arg1);\n}, arguments); },\n\
            function handleError(f, args) {\n    try {\n        return f.apply(this, args);\n    } catch (e) {\n        keep(e);\n    }\n}\n";
        let expected = "a: function(arg0, arg1) { try {\n    return Reflect.get(arg0, arg1);\n} catch (e) { handleError(e); } },\n\
            function handleError(e) {\n        keep(e);\n}\n";
        assert_eq!(catch_in_place(glue.to_owned()).unwrap(), expected);
    }

    #[test]
    fn glue_of_another_shape_is_refused() {
        assert!(trim("export { initSync, __wbg_init as default };", &[]).is_err());
    }
}
