//! Tokens to a tree, forgiving as browsers are.
//!
//! Lives here: nesting, implied end tags, limits on depth and size. Must never come here: judgement about content.
//! It follows the HTML standard where it matters for text (implied ends, scopes, ignored end tags); it leaves out the
//! adoption agency and foster parenting, which move text only in pages that are broken anyway.

use super::names::Tag;
use super::tokenizer::{Attr, Span, Token, Tokenizer};
use super::tree::{Kind, NONE, Node, Tree};

/// Deeper elements become siblings at this depth; browsers stop at 512 too.
const MAX_DEPTH: usize = 512;

/// Past this many nodes the rest of the page is not read: a real article page has a few thousand, the longest some ten
/// thousand. It bounds the time of any page to below a second and its memory to some 300 MB.
const MAX_NODES: usize = 320_000;

/// Past this many bytes of text, scripts and the like not counted, the rest of the page is not read: a long
/// novel has a megabyte.
const MAX_TEXT_BYTES: usize = 2 << 20;

/// Builds the tree of a page. Time and memory are linear in the page, memory bounded by `MAX_NODES`.
pub(crate) fn parse(source: &str) -> Tree<'_> {
    let root = Node {
        kind: Kind::Element { tag: Tag::Html, attrs: (0, 0) },
        parent: NONE,
        first: NONE,
        last: NONE,
        next: NONE,
    };
    let tree = Tree { source, nodes: vec![root], attrs: Vec::new(), truncated: false, flattened: false };
    let mut builder = Builder {
        tree,
        open: vec![Open { tag: Tag::Html, node: 0, name: (0, 0) }],
        excess: 0,
        counts: [0; TAGS],
        text_bytes: 0,
    };
    let mut tokenizer = Tokenizer::new(source);
    while let Some(token) = tokenizer.next() {
        if builder.tree.nodes.len() >= MAX_NODES || builder.text_bytes > MAX_TEXT_BYTES {
            builder.tree.truncated = true;
            break;
        }
        match token {
            Token::Text(span) => builder.text(span),
            Token::Start { tag, name, self_closing } => {
                builder.start(tag, name, self_closing, &tokenizer.attributes)
            }
            Token::End { tag, name } => builder.end(tag, name),
        }
    }
    builder.tree
}

/// The number of tags, `Other` being the last.
const TAGS: usize = Tag::Other as usize + 1;

struct Open {
    tag: Tag,
    node: u32,
    name: Span,
}

struct Builder<'a> {
    tree: Tree<'a>,
    open: Vec<Open>,
    /// Open elements beyond `MAX_DEPTH`, which are not on the stack.
    excess: usize,
    /// How many of each tag are open, so that a million stray end tags cost a look each, not a walk.
    counts: [u32; TAGS],
    /// Bytes of text that a reader may see.
    text_bytes: usize,
}

impl Builder<'_> {
    fn append(&mut self, kind: Kind) -> u32 {
        let parent = self.open.last().map_or(0, |o| o.node);
        let id = self.tree.nodes.len() as u32;
        self.tree.nodes.push(Node { kind, parent, first: NONE, last: NONE, next: NONE });
        let before = match self.tree.nodes.get_mut(parent as usize) {
            Some(node) => {
                let before = node.last;
                node.last = id;
                if before == NONE {
                    node.first = id;
                }
                before
            }
            None => NONE,
        };
        if let Some(node) = self.tree.nodes.get_mut(before as usize) {
            node.next = id;
        }
        id
    }

    fn text(&mut self, span: Span) {
        let unread = self.open.last().is_some_and(|open| open.tag.is_unread());
        let room = if unread { usize::MAX } else { MAX_TEXT_BYTES - self.text_bytes.min(MAX_TEXT_BYTES) };
        let text = self.tree.slice(span);
        if text.len() > room {
            self.tree.truncated = true;
        }
        let end = span.0 + text.floor_char_boundary(room) as u32;
        if end > span.0 {
            self.append(Kind::Text((span.0, end)));
        }
        self.text_bytes += if unread { 0 } else { text.len() };
    }

    fn start(&mut self, tag: Tag, name: Span, self_closing: bool, attributes: &[Attr]) {
        match tag {
            Tag::Html => return self.html_attributes(attributes),
            Tag::Body if self.counts[Tag::Body as usize] > 0 => return,
            Tag::Body => self.close_to(1),
            Tag::Head if self.open.len() > 1 => return,
            _ => {}
        }
        self.implied_ends(tag);
        let begin = self.tree.attrs.len() as u32;
        self.tree.attrs.extend_from_slice(attributes);
        let attrs = (begin, self.tree.attrs.len() as u32);
        let node = self.append(Kind::Element { tag, attrs });
        let foreign = self_closing && self.counts[Tag::Svg as usize] + self.counts[Tag::Math as usize] > 0;
        let closed = tag.is_void() || foreign || (self_closing && matches!(tag, Tag::Svg | Tag::Math));
        if closed {
            return;
        }
        if self.open.len() < MAX_DEPTH {
            self.open.push(Open { tag, node, name });
            self.counts[tag as usize] += 1;
        } else {
            self.excess += 1;
            self.tree.flattened = true;
        }
    }

    /// The root exists already; it takes the attributes of the first `html` tag.
    fn html_attributes(&mut self, attributes: &[Attr]) {
        let begin = self.tree.attrs.len() as u32;
        if let Some(node) = self.tree.nodes.first_mut()
            && matches!(node.kind, Kind::Element { attrs: (0, 0), .. })
        {
            self.tree.attrs.extend_from_slice(attributes);
            node.kind = Kind::Element { tag: Tag::Html, attrs: (begin, self.tree.attrs.len() as u32) };
        }
    }

    fn close_to(&mut self, length: usize) {
        for open in self.open.drain(length.max(1)..) {
            self.counts[open.tag as usize] -= 1;
        }
        self.excess = 0;
    }

    /// Closes the innermost of `tags` unless one of `stops` lies above it.
    fn close_within(&mut self, tags: &[Tag], stops: &[Tag]) {
        if tags.iter().all(|&tag| self.counts[tag as usize] == 0) {
            return;
        }
        for i in (1..self.open.len()).rev() {
            let Some(tag) = self.open.get(i).map(|o| o.tag) else { return };
            if tags.contains(&tag) {
                return self.close_to(i);
            }
            if stops.contains(&tag) {
                return;
            }
        }
    }

    fn implied_ends(&mut self, tag: Tag) {
        use Tag::*;
        if self.open.last().is_some_and(|o| o.tag == Head)
            && (tag.is_block() || matches!(tag, A | Span | Img))
        {
            self.close_to(1);
        }
        if tag.closes_p() {
            self.close_within(&[P], &[Table, Td, Th, Caption, Button, Object, Template, Html]);
        }
        match tag {
            Li => self.close_within(&[Li], &[Ul, Ol, Menu, Dir, Table, Td, Th, Template]),
            Dd | Dt => self.close_within(&[Dd, Dt], &[Dl, Table, Td, Th, Template]),
            Option => self.close_within(&[Option], &[Select, Optgroup]),
            Optgroup => self.close_within(&[Optgroup], &[Select]),
            Tr => self.close_within(&[Tr], &[Table, Template]),
            Td | Th => self.close_within(&[Td, Th], &[Tr, Table, Template]),
            Tbody | Thead | Tfoot => self.close_within(&[Tbody, Thead, Tfoot], &[Table, Template]),
            A if self.counts[A as usize] > 0 => {
                // A link inside a link ends the first, unless a block lies between: that is a card, not a mistake.
                let inner = self.open.iter().rposition(|o| o.tag == A || o.tag.is_block());
                if let Some(i) = inner.filter(|&i| self.open.get(i).is_some_and(|o| o.tag == A)) {
                    self.close_to(i);
                }
            }
            _ if tag.is_heading() && self.open.last().is_some_and(|o| o.tag.is_heading()) => {
                self.close_to(self.open.len() - 1);
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: Tag, name: Span) {
        if matches!(tag, Tag::Body | Tag::Html) || tag.is_void() {
            return;
        }
        if self.excess > 0 {
            self.excess -= 1;
            return;
        }
        if self.counts[tag as usize] == 0 && !tag.is_heading() {
            return;
        }
        let wanted = self.tree.slice(name);
        for i in (1..self.open.len()).rev() {
            let Some(open) = self.open.get(i) else { return };
            let same = open.tag == tag
                && (tag != Tag::Other || self.tree.slice(open.name).eq_ignore_ascii_case(wanted))
                || (tag.is_heading() && open.tag.is_heading());
            if same {
                return self.close_to(i);
            }
            // An inline end tag does not reach out of a block, nothing reaches out of a table's cell but the table.
            let table_part = matches!(tag, Tag::Table | Tag::Tr | Tag::Tbody | Tag::Thead | Tag::Tfoot);
            let wall = matches!(open.tag, Tag::Td | Tag::Th | Tag::Caption) && !table_part && tag != open.tag;
            if wall || (!tag.is_block() && tag != Tag::Other && tag != Tag::Head && open.tag.is_block()) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(page: &str) -> String {
        let tree = parse(page);
        let mut out = String::new();
        let mut stack = vec![(0u32, false)];
        while let Some((id, done)) = stack.pop() {
            match tree.nodes[id as usize].kind {
                Kind::Text(span) => out.push_str(tree.slice(span)),
                Kind::Element { .. } if done => out.push(')'),
                Kind::Element { tag, .. } => {
                    out.push_str(&format!("{tag:?}("));
                    stack.push((id, true));
                    let children: Vec<_> = tree.children(id).collect();
                    stack.extend(children.into_iter().rev().map(|c| (c, false)));
                }
            }
        }
        out
    }

    #[test]
    fn implied_ends_are_found() {
        assert_eq!(outline("<p>a<p>b<div>c</div>"), "Html(P(a)P(b)Div(c))");
        assert_eq!(outline("<ul><li>a<li>b<ul><li>c</ul></ul>"), "Html(Ul(Li(a)Li(bUl(Li(c)))))");
        assert_eq!(
            outline("<table><tr><td>a<td>b<tr><td>c</table>d"),
            "Html(Table(Tr(Td(a)Td(b))Tr(Td(c)))d)"
        );
        assert_eq!(outline("<h2>a<h3>b</h2>c"), "Html(H2(a)H3(b)c)");
    }

    #[test]
    fn stray_end_tags_are_ignored() {
        assert_eq!(outline("<div><b>a</div></b>b</p></i>c"), "Html(Div(B(a))bc)");
        assert_eq!(outline("<div><p>a</span>b</p>c</div>"), "Html(Div(P(ab)c))");
    }

    #[test]
    fn nesting_beyond_the_limit_is_flattened_not_followed() {
        let page = format!("{}text{}", "<div>".repeat(100_000), "</div>".repeat(100_000));
        let tree = parse(&page);
        assert!(tree.flattened);
        assert_eq!(tree.text(0, 200_000), "text");
        let deepest = (0..tree.nodes.len() as u32).map(|n| tree.ancestors(n).count()).take(2000).max();
        assert!(deepest.unwrap() <= MAX_DEPTH + 1);
    }
}
