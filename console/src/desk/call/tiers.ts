/** At which tier the caller may be served, and why: the centre says it, for it knows what is used this month. */
import { reactive, watch } from 'vue'

import { answer, api, type Schemas } from '@/kit/api'

import type { Item } from '../reference'

export type Tier = Schemas['Tier']
export type Opening = Schemas['OpeningOut']

const ORDER: readonly Tier[] = ['free', 'low_fee', 'paid']

/** What holds for anybody: the item's first tier and what is dearer. */
export function openToAll(item: Item): Opening[] {
  const first = ORDER.indexOf(item.tiers[0]!)
  return ORDER.filter((tier) => item.tiers.includes(tier)).map((tier) => ({
    tier,
    open: ORDER.indexOf(tier) >= first,
    group_code: null,
    quota_per_month: null,
    used: null,
    proof: null,
  }))
}

/** The cheapest tier that the caller may have, from this one on. */
export function cheapestOpen(openings: readonly Opening[], from: Tier = 'free'): Tier | undefined {
  return openings.find(({ tier, open }) => open && ORDER.indexOf(tier) >= ORDER.indexOf(from))?.tier
}

/** The item's tiers for the caller, cheapest first; what holds for anybody until the centre has answered. */
export function useOpenings(asked: () => { item: Item | undefined; phone: string; groups: string }) {
  const found = reactive({ openings: [] as Opening[], loading: false })
  watch(
    () => JSON.stringify([asked().item?.code, asked().phone, asked().groups]),
    async (_key, _before, onCleanup) => {
      let outdated = false
      onCleanup(() => (outdated = true))
      const { item, phone } = asked()
      found.openings = item ? openToAll(item) : []
      found.loading = Boolean(item && phone && item.tiers.length > 1)
      if (!found.loading) return
      const params = { path: { phone }, query: { item: item!.code } }
      const openings = await answer(api.GET('/api/v1/citizens/{phone}/tiers', { params })).catch(() => null)
      if (outdated) return
      if (openings) found.openings = openings
      found.loading = false
    },
    { immediate: true },
  )
  return found
}
