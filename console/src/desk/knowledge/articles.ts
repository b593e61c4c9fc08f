/** Articles of the knowledge base for the current call, and those in its answer. */
import type { Schemas } from '@/kit/api'
import { named } from '@/kit/locale'

import type { Draft } from '../call/call'

export type Article = Schemas['Found']
export type CannedText = Schemas['TextOut']

/** An article version whose text is in the answer. */
export interface Taken {
  version: string
  slug: string
  text: string
}

const MOST_ANSWER = 1_000

/** Return the words to search the knowledge base by: the caller's own. Initials and codes only name the item. */
export function wordsOf({ said, description }: Draft, picked: boolean): string {
  const words = [said, description].map((text) => text.trim()).filter(Boolean)
  return words
    .filter((text) => !picked || /\p{Script=Han}|\s/u.test(text))
    .join(' ')
    .slice(0, 300)
}

/** Return the text in pieces, marked where the ranges (in code points) say so. */
export function pieces(text: string, ranges: readonly Schemas['Mark'][]): { text: string; marked: boolean }[] {
  const characters = Array.from(text)
  const found: { text: string; marked: boolean }[] = []
  let at = 0
  const add = (to: number, marked: boolean) => {
    if (to > at) found.push({ text: characters.slice(at, to).join(''), marked })
    at = Math.max(at, to)
  }
  for (const { start, end } of ranges) {
    add(start, false)
    add(end, true)
  }
  add(characters.length, false)
  return found
}

/** Put the article into the answer: replacing the one just used, or after what the operator has typed. */
export function take(draft: Draft, article: Article): void {
  const text = named(article.content.answer)
  const last = draft.articles.at(-1)
  const untouched = last !== undefined && draft.answer.endsWith(last.text)
  const kept = untouched ? draft.answer.slice(0, -last.text.length) : draft.answer.trim() && `${draft.answer.trim()}\n`
  draft.answer = `${kept}${text}`.slice(0, MOST_ANSWER)
  const others = draft.articles.filter(({ version }) => version !== article.version_id)
  if (untouched && others.at(-1) === last) others.pop()
  draft.articles = [...others, { version: article.version_id, slug: article.slug, text }]
  if (!draft.item) draft.item = article.items[0]!
}

/** Return the article that the key uses next: the one after that in the answer, from the first again at the end. */
export function nextOf(draft: Draft, articles: readonly Article[]): Article | undefined {
  const last = draft.articles.at(-1)
  const at = articles.findIndex(({ version_id }) => version_id === last?.version)
  return articles[(at + 1) % articles.length]
}

const CALLED = /(?:^|\s)\/([\p{L}\p{N}_]{0,20})$/u

/** Return the short name being typed before the caret, or undefined. */
export function calledBefore(text: string, caret: number): string | undefined {
  return CALLED.exec(text.slice(0, caret))?.[1]
}

/** Return the canned texts whose names begin with what is typed. */
export function textsFor(name: string, texts: readonly CannedText[]): CannedText[] {
  return texts.filter((text) => text.name.toLowerCase().startsWith(name.toLowerCase())).slice(0, 6)
}

/** Return the answer with the text replacing `/name` before the caret, and the new caret. */
export function expand(
  answer: string,
  caret: number,
  name: string,
  text: CannedText,
): { answer: string; caret: number } {
  const before = answer.slice(0, caret - name.length - 1) + named(text)
  return { answer: (before + answer.slice(caret)).slice(0, MOST_ANSWER), caret: Math.min(before.length, MOST_ANSWER) }
}
