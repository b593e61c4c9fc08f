/** Half-typed forms, by subject. They survive closed rows, changed panes and other calls. */
import { reactive } from 'vue'

import { keep } from './keep'

const MOST = 50
const states = reactive<Record<string, object>>({})

/** Restore what this member of staff left half typed in this tab. */
export function keepHalfTyped(): void {
  for (const name of Object.keys(states)) delete states[name]
  keep('halfTyped', states, () => ({}))
}

/** Return this form's state as it was left, or a fresh one. */
export function halfTyped<T extends object>(name: string, afresh: () => T): T {
  for (const oldest of Object.keys(states).slice(0, -MOST)) delete states[oldest]
  states[name] ??= afresh()
  return states[name] as T
}

export const isHalfTyped = (name: string) => Object.values(states[name] ?? {}).some(Boolean)
