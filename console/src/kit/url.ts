/** State that belongs into the address, so that a reload, a link and the back button keep it. */
import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** One parameter of the address; it is left out while it has its usual value. */
export function useUrl(name: string, usual = '') {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get: () => String(route.query[name] ?? usual),
    set: (value: string) => {
      const query = { ...route.query, [name]: value }
      if (value === usual) delete query[name]
      void router.replace({ query })
    },
  })
}
