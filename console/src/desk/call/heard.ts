/** The dangers that the caller's words tell. */
import { shallowRef } from 'vue'

import type { Schemas } from '@/kit/api'

export type Danger = Omit<Schemas['HeardOut'], 'confidence'>

/** What the words tell: of the item's field, and of the description. */
export const heard = { said: shallowRef<readonly Danger[]>([]), described: shallowRef<readonly Danger[]>([]) }

/** Each kind that is heard once, the most pressing first, without what the operator dismissed. */
export function undecided({ harmless }: { harmless: readonly Danger['kind'][] }): Danger[] {
  const found = [...heard.said.value, ...heard.described.value]
  const first = (kind: Danger['kind']) => found.findIndex((one) => one.kind === kind)
  return found.filter(({ kind }, index) => first(kind) === index && !harmless.includes(kind))
}
