//! The weights of a package, found in the node lists that thinc serializes.
//!
//! A model file lists the layers breadth first, each with a name, dimensions, attributes and parameters, but
//! without saying which layer is inside which. That order and the names are enough: the embedding's maxout comes
//! before the encoder's, and shapes are checked.

use super::msgpack::{Array, Value, decode};
use super::pipeline::Pipeline;
use super::{Files, ImportError, required, vocabulary};
use crate::attributes::Attribute;
use crate::blueprint::{Column, Linear, Lower, Maxout, Network};

/// A serialized thinc model.
struct Nodes {
    file: String,
    nodes: Vec<Node>,
}

struct Node {
    name: String,
    attributes: Value,
    parameters: Value,
    references: Value,
}

impl Nodes {
    fn read(files: Files<'_>, component: &str) -> Result<Self, ImportError> {
        let file = format!("{component}/model");
        let value = decode(&file, &required(files, &file)?)?;
        let part = |name: &str| value.get(name).and_then(Value::list).unwrap_or_default();
        let (nodes, attributes, parameters) = (part("nodes"), part("attrs"), part("params"));
        if nodes.is_empty() || nodes.len() != attributes.len() || nodes.len() != parameters.len() {
            return Err(ImportError::invalid(&file, "not a thinc model"));
        }
        let nodes =
            nodes.iter().zip(attributes).zip(parameters).map(|((node, attributes), parameters)| Node {
                name: node.get("name").and_then(Value::text).unwrap_or_default().to_owned(),
                references: node.get("refs").cloned().unwrap_or(Value::Nil),
                attributes: attributes.clone(),
                parameters: parameters.clone(),
            });
        Ok(Nodes { nodes: nodes.collect(), file })
    }

    fn fail<T>(&self, what: impl Into<String>) -> Result<T, ImportError> {
        Err(ImportError::invalid(&self.file, what))
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(move |node| node.name == name)
    }

    /// The node that the whole model refers to as `name`.
    fn referenced(&self, name: &str) -> Option<(usize, &Node)> {
        let at = usize::try_from(self.nodes.first()?.references.get(name)?.int()?).ok()?;
        Some((at, self.nodes.get(at)?))
    }

    fn array(&self, node: &Node, name: &str, dimensions: usize) -> Result<Array, ImportError> {
        match node.parameters.get(name).and_then(Array::from_value) {
            Some(array) if array.shape.len() == dimensions && !array.values.is_empty() => Ok(array),
            _ => self.fail(format!("layer {} has no usable parameter {name}", node.name)),
        }
    }

    /// An attribute, which is MessagePack within MessagePack.
    fn attribute(&self, node: &Node, name: &str) -> Option<Value> {
        let Value::Binary(bytes) = node.attributes.get(name)? else { return None };
        decode(&self.file, bytes).ok()
    }
}

pub(super) fn read(files: Files<'_>, pipeline: &Pipeline) -> Result<Network, ImportError> {
    let ner = Nodes::read(files, &pipeline.component)?;
    let shared = match &pipeline.upstream {
        Some(upstream) => Some(Nodes::read(files, upstream)?),
        None => None,
    };
    let tok2vec = shared.as_ref().unwrap_or(&ner);
    let columns = columns(tok2vec)?;
    let Some(width) = tok2vec.named("hashembed").next().map(|node| tok2vec.array(node, "E", 2)) else {
        return tok2vec.fail("no hash embedding");
    };
    let width = width?.shape[1];
    let vectors = match tok2vec.named("static_vectors").next() {
        Some(node) => Some(vocabulary::vectors(files, &tok2vec.array(node, "W", 2)?)?),
        None => None,
    };
    let inputs = width * (columns.len() + usize::from(vectors.is_some()));
    let mut maxouts = maxouts(tok2vec)?;
    if maxouts.len() < 2 {
        return tok2vec.fail("no window encoder of at least one layer");
    }
    let convolutions = maxouts.split_off(1);
    let embed = check_inputs(tok2vec, maxouts.remove(0), width, inputs)?;
    let window =
        tok2vec.named("expand_window").next().and_then(|node| tok2vec.attribute(node, "window_size"));
    let Some(window) = window.and_then(|size| usize::try_from(size.int()?).ok()) else {
        return tok2vec.fail("no window size");
    };
    let convolutions = convolutions
        .into_iter()
        .map(|maxout| check_inputs(tok2vec, maxout, width, (2 * window + 1) * width))
        .collect::<Result<_, _>>()?;
    let (reduce, lower, upper) = machine(&ner)?;
    Ok(Network { width, columns, vectors, embed, window, convolutions, reduce, lower, upper })
}

fn columns(nodes: &Nodes) -> Result<Vec<Column>, ImportError> {
    let features = nodes.named("extract_features").next();
    let Some(features) = features.and_then(|node| nodes.attribute(node, "columns")) else {
        return nodes.fail("no list of attributes");
    };
    let features = features.list().unwrap_or_default();
    let mut columns = Vec::new();
    for node in nodes.named("hashembed") {
        let number = |name| nodes.attribute(node, name).and_then(|value| value.int());
        let feature = number("column").and_then(|column| features.get(usize::try_from(column).ok()?));
        let (Some(feature), Some(seed)) = (feature, number("seed").and_then(|seed| u32::try_from(seed).ok()))
        else {
            return nodes.fail("a hash embedding without column or seed");
        };
        let attribute = match (feature.text(), feature.int()) {
            (Some(name), _) => Attribute::from_name(name),
            (_, Some(number)) => attribute_of_number(number),
            _ => None,
        };
        let Some(attribute) = attribute else {
            return Err(ImportError::unsupported(format!("the token attribute {feature:?}")));
        };
        columns.push(Column { attribute, seed, table: nodes.array(node, "E", 2)?.values });
    }
    Ok(columns)
}

/// spaCy's numbers for the attributes, which old packages use in place of names.
fn attribute_of_number(number: i128) -> Option<Attribute> {
    Some(match number {
        65 => Attribute::Orth,
        66 => Attribute::Lower,
        67 => Attribute::Norm,
        68 => Attribute::Shape,
        69 => Attribute::Prefix,
        70 => Attribute::Suffix,
        71 => Attribute::Length,
        _ => return None,
    })
}

fn maxouts(nodes: &Nodes) -> Result<Vec<Maxout>, ImportError> {
    let mut maxouts = Vec::new();
    let mut norms = nodes.named("layernorm");
    for node in nodes.named("maxout") {
        let Some(norm) = norms.next() else { return nodes.fail("a maxout layer without normalization") };
        let weights = nodes.array(node, "W", 3)?;
        maxouts.push(Maxout {
            pieces: weights.shape[1],
            weights: weights.values,
            bias: nodes.array(node, "b", 2)?.values,
            scale: nodes.array(norm, "G", 1)?.values,
            shift: nodes.array(norm, "b", 1)?.values,
        });
    }
    Ok(maxouts)
}

fn check_inputs(nodes: &Nodes, maxout: Maxout, width: usize, inputs: usize) -> Result<Maxout, ImportError> {
    let found = maxout.weights.len() / (width * maxout.pieces).max(1);
    if found == inputs { Ok(maxout) } else { nodes.fail(format!("a layer of {found} inputs, not {inputs}")) }
}

/// The layers around the state machine.
fn machine(nodes: &Nodes) -> Result<(Linear, Lower, Option<Linear>), ImportError> {
    let Some((_, lower)) = nodes.referenced("lower") else { return nodes.fail("no lower layer") };
    let has_upper = nodes.attribute(&nodes.nodes[0], "has_upper") != Some(Value::Bool(false));
    let upper = nodes.referenced("upper").filter(|(_, node)| has_upper && node.name == "linear");
    let mut linears = nodes.nodes.iter().enumerate().filter(|(_, node)| node.name == "linear");
    let Some((_, reduce)) = linears.find(|(at, _)| upper.is_none_or(|(upper, _)| upper != *at)) else {
        return nodes.fail("no linear layer between the token vectors and the state machine");
    };
    let linear = |node: &Node| -> Result<Linear, ImportError> {
        Ok(Linear { weights: nodes.array(node, "W", 2)?.values, bias: nodes.array(node, "b", 1)?.values })
    };
    let weights = nodes.array(lower, "W", 4)?;
    let lower = Lower {
        features: weights.shape[0],
        hidden: weights.shape[1],
        pieces: weights.shape[2],
        weights: weights.values,
        bias: nodes.array(lower, "b", 2)?.values,
        padding: nodes.array(lower, "pad", 4)?.values,
    };
    let upper = upper.map(|(_, node)| linear(node)).transpose()?;
    Ok((linear(reduce)?, lower, upper))
}
