// SPDX-License-Identifier: Apache-2.0

/** The named character references that people and models write in prose. Others stay as they are. */
const NAMED = new Map(
  (
    'amp=& lt=< gt=> quot=" apos=\' nbsp=\u00a0 copy=© reg=® trade=™ hellip=… mdash=— ndash=– ' +
    'lsquo=‘ rsquo=’ ldquo=“ rdquo=” laquo=« raquo=» bull=• middot=· times=× divide=÷ plusmn=± ' +
    'minus=− le=≤ ge=≥ ne=≠ asymp=≈ infin=∞ deg=° micro=µ sup2=² sup3=³ frac12=½ larr=← rarr=→ ' +
    'uarr=↑ darr=↓ harr=↔ rArr=⇒ hArr=⇔ check=✓ euro=€ pound=£ yen=¥ cent=¢ sect=§ para=¶ ' +
    'alpha=α beta=β gamma=γ delta=δ lambda=λ mu=μ pi=π sigma=σ omega=ω Delta=Δ Omega=Ω sum=∑ ' +
    'radic=√ empty=∅ isin=∈ forall=∀ exist=∃ ensp=\u2002 emsp=\u2003 thinsp=\u2009 zwj=\u200d zwnj=\u200c'
  )
    .split(' ')
    .map((pair) => /** @type {[string, string]} */ ([pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])),
);

/** Text with its character references read (CommonMark 2.5). */
export function decodeEntities(/** @type {string} */ text) {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([a-zA-Z]\w{1,30}));/g, (all, decimal, hex, name) => {
    if (name) return NAMED.get(name) ?? all;
    const point = decimal ? parseInt(decimal, 10) : parseInt(hex, 16);
    const valid = point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
    return valid ? String.fromCodePoint(point) : '\ufffd';
  });
}
