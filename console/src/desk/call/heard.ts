/** The dangers detected in the caller's words. */
import { shallowRef } from 'vue'

import type { Schemas } from '@/kit/api'

export type Danger = Omit<Schemas['HeardOut'], 'confidence'>

const none = () => shallowRef<readonly Danger[]>([])
/** Dangers detected in the item's field, in the description, and in the whole request when the centre refused it. */
export const heard = { said: none(), described: none(), refused: none() }

/** Return each danger once, the most urgent first, without those that the operator dismissed. */
export function undecided({ harmless }: { harmless: readonly Danger['kind'][] }): Danger[] {
  const found = [...heard.said.value, ...heard.described.value, ...heard.refused.value]
  const first = (kind: Danger['kind']) => found.findIndex((one) => one.kind === kind)
  return found.filter(({ kind }, index) => first(kind) === index && !harmless.includes(kind))
}
