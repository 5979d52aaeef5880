//! Templates to pages.

use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use super::Error;

/// Fills `template` with `context`. A `name` that ends in `.html` escapes every value unless the template marks it
/// safe; a value the context lacks is an error, never an empty place.
///
/// ```
/// use std::collections::BTreeMap;
/// let context = BTreeMap::from([("name", "馆陶 <县>")]);
/// let page = choucha::sheets::page("hello.html", "<p>{{ name }}</p>", &context).unwrap();
/// assert_eq!(page, "<p>馆陶 &lt;县&gt;</p>");
/// ```
///
/// # Errors
/// When the template is wrong or names a value the context lacks.
pub fn page(name: &str, template: &str, context: &impl Serialize) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let unmade = |source| Error::Page {
        name: name.to_owned(),
        source,
    };
    environment
        .render_named_str(name, template, Value::from(Serde(context)))
        .map_err(unmade)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::page;

    #[test]
    fn a_value_the_context_lacks_is_an_error() {
        let context: BTreeMap<&str, &str> = BTreeMap::new();
        assert!(page("p.html", "{{ missing }}", &context).is_err());
    }

    #[test]
    fn a_plain_text_page_is_not_escaped() {
        let context = BTreeMap::from([("name", "<县>")]);
        assert_eq!(page("p.txt", "{{ name }}", &context).unwrap(), "<县>");
    }
}
