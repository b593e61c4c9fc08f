/** The dangers that the caller's words tell. */
import { shallowRef } from 'vue'

import type { Schemas } from '@/kit/api'

export type Danger = Omit<Schemas['HeardOut'], 'confidence'>

const none = () => shallowRef<readonly Danger[]>([])
/** What the words tell: of the item's field, of the description, and of all together, where the centre refused them. */
export const heard = { said: none(), described: none(), refused: none() }

/** Each kind that is heard once, the most pressing first, without what the operator dismissed. */
export function undecided({ harmless }: { harmless: readonly Danger['kind'][] }): Danger[] {
  const found = [...heard.said.value, ...heard.described.value, ...heard.refused.value]
  const first = (kind: Danger['kind']) => found.findIndex((one) => one.kind === kind)
  return found.filter(({ kind }, index) => first(kind) === index && !harmless.includes(kind))
}
