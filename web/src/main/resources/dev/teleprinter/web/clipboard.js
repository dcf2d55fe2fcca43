// SPDX-License-Identifier: Apache-2.0

/** Puts text on the clipboard, also where the page is not a secure context. */
export async function copy(/** @type {string} */ text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'tp-offscreen';
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
