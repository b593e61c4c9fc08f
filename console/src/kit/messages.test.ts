import { describe, expect, test } from 'vitest'

import type { Both } from './locale'

const files = import.meta.glob<{ default: Both<object> }>('../**/messages.ts', { eager: true })
const sources = import.meta.glob<string>('../**/*.{vue,ts}', { eager: true, query: '?raw', import: 'default' })

function flat(words: object, prefix = ''): Map<string, unknown> {
  return new Map(
    Object.entries(words).flatMap(([name, value]) =>
      typeof value === 'string' ? [[prefix + name, value]] : [...flat(value as object, `${prefix}${name}.`)],
    ),
  )
}

const all = Object.values(files).map((file) => file.default)
const known = new Set(all.flatMap((words) => [...flat(words['zh-CN']).keys()]))

describe.each(Object.entries(files))('%s', (_, { default: words }) => {
  const [zh, en] = [flat(words['zh-CN']), flat(words.en)]

  test('has the same keys in both languages', () => {
    expect([...en.keys()]).toEqual([...zh.keys()])
  })

  test('has no empty text, and the same parameters in both', () => {
    const parameters = (text: unknown) => (String(text).match(/\{\w+\}/g) ?? []).sort()
    for (const [key, text] of zh) {
      expect(text, key).not.toBe('')
      expect(parameters(en.get(key)), key).toEqual(parameters(text))
    }
  })
})

test('every message that a screen names exists', () => {
  const missing = Object.entries(sources).flatMap(([file, source]) =>
    [...source.matchAll(/\bt\(\s*'([\w.]+)'|keypath="([\w.]+)"|label: '(\w+\.[\w.]+)'/g)]
      .map((match) => match[1] ?? match[2] ?? match[3] ?? '')
      .filter((key) => !known.has(key))
      .map((key) => `${file}: ${key}`),
  )
  expect(missing).toEqual([])
})

test('every group of messages from which a screen chooses exists', () => {
  const groups = new Set(
    [...known].flatMap((key) => [...key.matchAll(/\./g)].map(({ index }) => key.slice(0, index + 1))),
  )
  const missing = Object.entries(sources).flatMap(([file, source]) =>
    [...source.matchAll(/\bt\(\s*`([\w.]+\.)\$\{/g)]
      .map((match) => match[1] ?? '')
      .filter((group) => !groups.has(group))
      .map((group) => `${file}: ${group}`),
  )
  expect(missing).toEqual([])
})
