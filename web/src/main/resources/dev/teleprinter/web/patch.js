// SPDX-License-Identifier: Apache-2.0

/** @import { Node, Branch } from './markdown.js' */

/**
 * Makes the children of `parent`, which are `before`, into `after`, touching only what differs. Text
 * that grew is appended to, so that a selection in it survives.
 * @param {Element} parent @param {Node[]} before @param {Node[]} after
 */
export function patch(parent, before, after) {
  let child = parent.firstChild;
  for (let i = 0; i < after.length; i++) {
    const was = before[i];
    const is = after[i];
    const next = child?.nextSibling ?? null;
    if (child === null) {
      parent.append(create(is));
    } else if (was !== is) {
      update(child, was, is);
    }
    child = next;
  }
  while (child) {
    const next = child.nextSibling;
    child.remove();
    child = next;
  }
}

/** @param {ChildNode} child @param {Node} was @param {Node} is */
function update(child, was, is) {
  if (typeof was === 'string' && typeof is === 'string') {
    const text = /** @type {Text} */ (child);
    if (is.startsWith(was)) text.appendData(is.slice(was.length));
    else text.data = is;
  } else if (typeof was !== 'string' && typeof is !== 'string' && was.tag === is.tag) {
    const element = /** @type {Element} */ (child);
    if (element.hasAttribute('data-done')) return redo(element, was, is);
    for (const name of Object.keys(was.attrs)) if (!(name in is.attrs)) element.removeAttribute(name);
    for (const [name, value] of Object.entries(is.attrs)) {
      if (was.attrs[name] !== value) element.setAttribute(name, value);
    }
    patch(element, was.children, is.children);
  } else {
    child.replaceWith(create(is));
  }
}

/** Of an element whose inside somebody else made of its text: nothing while that is the same. */
function redo(/** @type {Element} */ element, /** @type {Branch} */ was, /** @type {Branch} */ is) {
  const same = JSON.stringify([was.attrs, was.children]) === JSON.stringify([is.attrs, is.children]);
  if (!same) element.replaceWith(create(is));
}

/** @returns {Element | string} */
function create(/** @type {Node} */ node) {
  if (typeof node === 'string') return node;
  const element = document.createElement(node.tag);
  for (const [name, value] of Object.entries(node.attrs)) element.setAttribute(name, value);
  element.append(...node.children.map(create));
  return element;
}
