/** Keeps what was typed in this tab, for this member of staff only, until they sign out. */
import { onBeforeUnmount, watch } from 'vue'

import { session } from '@/kit/session'

const PREFIX = 'hotline.desk.'

type Fields = Record<string, unknown>
const isFields = (value: unknown): value is Fields => value?.constructor === Object

/** Return what was kept, with fresh values for fields that an earlier version of the desk did not have. */
export function completed(fresh: object, kept: object): object {
  const all: Fields = { ...fresh, ...kept }
  for (const [name, value] of Object.entries(fresh))
    if (isFields(value) && isFields(all[name])) all[name] = completed(value, all[name])
  return all
}

/** Restore the state that was kept, else start afresh; then keep every change while the component lives. */
export function keep<T extends object>(name: string, state: T, afresh: () => T): void {
  const key = `${PREFIX}${session.me?.id}.${name}`
  const kept = sessionStorage.getItem(key)
  Object.assign(state, kept ? completed(afresh(), JSON.parse(kept)) : afresh())
  watch(state, () => sessionStorage.setItem(key, JSON.stringify(state)), { deep: true })
  onBeforeUnmount(() => {
    if (!session.me && !session.ended) sessionStorage.removeItem(key)
  })
}
