/** What items and places are called; asked for once each. */
import { reactive } from 'vue'

import { answer, api, type Schemas } from '@/kit/api'
import { locale } from '@/kit/locale'

const items = reactive(new Map<string, Schemas['ItemOut'] | null>())
const townships = reactive(new Map<string, Schemas['TownshipOut']>())
const communities = reactive(new Map<string, string>())
const asked = new Set<string>()

function once(key: string, ask: () => Promise<void>): void {
  if (asked.has(key)) return
  asked.add(key)
  ask().catch(() => asked.delete(key))
}

/** The item, once it is known. */
export function itemOf(code: string): Schemas['ItemOut'] | undefined {
  once(`item ${code}`, async () => {
    items.set(code, await answer(api.GET('/api/v1/items/{code}', { params: { path: { code } } })))
  })
  return items.get(code) ?? undefined
}

export function itemName(code: string): string {
  const item = itemOf(code)
  return item ? (locale() === 'en' ? item.en : item.zh) : code
}

/** Roughly where: township and community. */
export function placeName(township: string, community: string | null | undefined): string {
  once('townships', async () => {
    for (const found of await answer(api.GET('/api/v1/townships'))) townships.set(found.code, found)
  })
  if (community)
    once(`communities ${township}`, async () => {
      const found = await answer(api.GET('/api/v1/communities', { params: { query: { township } } }))
      for (const { code, zh } of found) communities.set(code, zh)
    })
  const known = townships.get(township)
  const name = known && (locale() === 'en' ? known.en : known.zh)
  return [name, community && communities.get(community)].filter(Boolean).join(' ')
}
