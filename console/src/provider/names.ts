/** Names of items, places and licences, each read once and kept for times without a network. */
import { reactive } from 'vue'

import { answer, api, type Schemas } from '@/kit/api'
import { recall, remember } from '@/kit/kept'
import { named } from '@/kit/locale'

const items = reactive(new Map<string, Schemas['ItemOut'] | null>())
const townships = reactive(new Map<string, Schemas['TownshipOut']>())
const communities = reactive(new Map<string, string>())
const paperKinds = reactive(new Map<string, Schemas['PaperKindOut']>())
const asked = new Set<string>()

function once<T>(key: string, ask: () => Promise<T>, take: (found: T) => void): void {
  if (asked.has(key)) return
  asked.add(key)
  ask().then(
    (found) => {
      remember(key, found)
      take(found)
    },
    () => {
      const kept = recall<T>(key)
      if (kept) take(kept.data)
      else asked.delete(key)
    },
  )
}

/** Return the item once it is read, else undefined. */
export function itemOf(code: string): Schemas['ItemOut'] | undefined {
  once(
    `item.${code}`,
    () => answer(api.GET('/api/v1/items/{code}', { params: { path: { code } } })),
    (found) => items.set(code, found),
  )
  return items.get(code) ?? undefined
}

export function itemName(code: string): string {
  const item = itemOf(code)
  return item ? named(item) : code
}

/** Return the name of a kind of licence; its code until the name is read. */
export function paperName(code: string): string {
  once(
    'paper-kinds',
    () => answer(api.GET('/api/v1/paper-kinds')),
    (found) => found.forEach((kind) => paperKinds.set(kind.code, kind)),
  )
  const kind = paperKinds.get(code)
  return kind ? named(kind) : code
}

/** Return township and community. */
export function placeName(township: string, community: string | null | undefined): string {
  once(
    'townships',
    () => answer(api.GET('/api/v1/townships')),
    (found) => found.forEach((one) => townships.set(one.code, one)),
  )
  if (community)
    once(
      `communities.${township}`,
      () => answer(api.GET('/api/v1/communities', { params: { query: { township } } })),
      (found) => found.forEach(({ code, zh }) => communities.set(code, zh)),
    )
  const known = townships.get(township)
  const name = known && named(known)
  return [name, community && communities.get(community)].filter(Boolean).join(' ')
}
