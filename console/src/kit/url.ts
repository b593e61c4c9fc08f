/** State in the address, so that a reload, a link and the back button keep it. */
import { computed } from 'vue'
import { type LocationQueryRaw, useRoute, useRouter } from 'vue-router'

let changed: LocationQueryRaw | undefined

/** Return a ref to a query parameter, left out of the address at its usual value. Changes in one tick go together. */
export function useUrl(name: string, usual = '') {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get: () => String(route.query[name] ?? usual),
    set: (value: string) => {
      if (!changed)
        queueMicrotask(() => {
          void router.replace({ query: changed })
          changed = undefined
        })
      changed ??= { ...route.query }
      if (value === usual) delete changed[name]
      else changed[name] = value
    },
  })
}
