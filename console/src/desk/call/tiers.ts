/** The tiers open to the caller, and why. The centre decides, because it knows what was used this month. */
import { reactive, watch } from 'vue'

import { answer, api, type Schemas } from '@/kit/api'

import type { Item } from '../reference'

export type Tier = Schemas['Tier']
export type Opening = Schemas['OpeningOut']

/** Return the cheapest open tier, from this one on. Openings come cheapest first. */
export function cheapestOpen(openings: readonly Opening[], from?: Tier): Tier | undefined {
  const first = openings.findIndex(({ tier }) => tier === from)
  return openings.slice(Math.max(first, 0)).find(({ open }) => open)?.tier
}

/** Return the item's tiers for the caller, cheapest first; none until the centre has answered. */
export function useOpenings(asked: () => { item: Item | undefined; phone: string; groups: string }) {
  const found = reactive({ openings: [] as Opening[], loading: false })
  watch(
    () => JSON.stringify([asked().item?.code, asked().phone, asked().groups]),
    async (_key, _before, onCleanup) => {
      let outdated = false
      onCleanup(() => (outdated = true))
      const { item, phone } = asked()
      found.openings = []
      found.loading = Boolean(item?.dispatchable)
      if (!found.loading) return
      const openings = await ask(item!.code, phone).catch(() => [])
      if (outdated) return
      found.openings = openings
      found.loading = false
    },
    { immediate: true },
  )
  return found
}

function ask(code: string, phone: string): Promise<Opening[]> {
  if (!phone) return answer(api.GET('/api/v1/items/{code}/tiers', { params: { path: { code } } }))
  return answer(api.POST('/api/v1/citizens/tiers', { body: { phone, item: code } }))
}
