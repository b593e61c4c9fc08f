/** State that belongs into the address, so that a reload, a link and the back button keep it. */
import { computed } from 'vue'
import { type LocationQueryRaw, useRoute, useRouter } from 'vue-router'

let changed: LocationQueryRaw | undefined

/** One parameter of the address; it is left out while it has its usual value. Changes of one moment go together. */
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
