/** At which tier the caller may be served, and why: what is shown before the centre decides. */
import type { Schemas } from '@/kit/api'

import { type Item, reference } from '../reference'

export type Tier = Schemas['Tier']

export interface TierChoice {
  tier: Tier
  /** Open to everybody, or through this rule of the caller's group; null: not without paying. */
  by: 'all' | Schemas['EntitlementOut'] | null
}

const ORDER: readonly Tier[] = ['free', 'low_fee', 'paid']

/** The item's tiers, cheapest first; the most generous rule of the caller's groups beside each cheaper one. */
export function tierChoices(item: Item, groups: readonly string[]): TierChoice[] {
  const open = ORDER.indexOf(item.tiers[0]!)
  return ORDER.filter((tier) => item.tiers.includes(tier)).map((tier) => {
    if (ORDER.indexOf(tier) >= open) return { tier, by: 'all' }
    const rules = reference.entitlements.filter(
      (rule) =>
        rule.tier === tier &&
        groups.includes(rule.group_code) &&
        (rule.item_code === item.code || rule.category_code === item.category_code),
    )
    const quota = (rule: Schemas['EntitlementOut']) => rule.quota_per_month ?? Infinity
    return { tier, by: rules.sort((one, other) => quota(other) - quota(one))[0] ?? null }
  })
}

/** The cheapest tier that the caller may have. */
export function bestTier(item: Item, groups: readonly string[]): Tier {
  return tierChoices(item, groups).find(({ by }) => by)?.tier ?? item.tiers[0]!
}
