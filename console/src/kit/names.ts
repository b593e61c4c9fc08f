/** Brings the spellings of a name to one form, as app/kit/names.py does. */

const ALIKE: [string, string][] = [
  ['[{<«〈《「『【〔〖〘〚', '('],
  [']}>»〉》」』】〕〗〙〛', ')'],
  ['•‧∙・･⋅', '·'],
  ['‐‑‒–—―−', '-'],
]
const LIKE = new Map(ALIKE.flatMap(([alike, one]) => [...alike].map((character) => [character, one])))
const UNSEEN =
  /[\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{e0100}-\u{e01ef}]+/gu

/** Return a form that ignores width, case, spaces, invisible characters, and the kind of bracket, dot and dash. */
export function sameForm(text: string): string {
  const seen = text.normalize('NFKC').replace(UNSEEN, '').toLowerCase()
  return [...seen].map((character) => LIKE.get(character) ?? character).join('')
}
